import * as z from "zod/mini";
import type { MergedFields } from "./complete.ts";
import { mapping, oneOf, rule, string } from "./field.ts";
import type { Path } from "./problem.ts";
import { type Capture, EXPORT_FORMATS } from "./recipe.ts";
import type { Rule } from "./rule.ts";

const BUCKET = "bucket: golden-images";

/** Source: Object Storage Service API reference, "Creating a Bucket", the naming rules. */
function bucketProblem(text: string): string | null {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text)
    ? null
    : `is no name of a bucket, which has 3 to 63 small letters, digits, hyphens and dots. Write for example ${BUCKET}`;
}

/** The file that each image is exported to. */
export const exportTo = mapping(
  {
    bucket: string(BUCKET).check(
      rule(bucketProblem),
      z.meta({
        description: "The bucket of OBS, of storage class Standard, in the region of the image",
        examples: ["golden-images"],
      }),
    ),
    format: oneOf(EXPORT_FORMATS).check(
      z.meta({
        description:
          "The format of the file. zvhd2 is the fast export, the only one for images of more than 128 GB",
        examples: ["qcow2"],
      }),
    ),
  },
  "export: { bucket: golden-images, format: qcow2 }",
);

export const EXPORT_KEYS = Object.keys(exportTo.shape);

const CAPTURE: Path = ["capture"];

const EXPORTED: readonly Capture[] = ["system_disk", "data_disk", "system_from_data_disk"];

/** What takes the same content as an image that IMS exports. */
const INSTEAD: Partial<Record<Capture, string>> = {
  server: "capture: system_disk",
  root_volume: "capture: system_disk",
  full_server:
    "capture: system_disk, and one recipe with capture: data_disk for each of the other disks",
};

/**
 * Which images can be exported. `defaults` count, too: a wish that is passed over without a word would be taken for
 * granted. Source: Image Management Service API reference, "Exporting an Image"; Elastic Cloud Server API reference,
 * "Creating an Image Using an ECS". Of images that Cinder uploads, no document says that IMS exports them.
 */
export const EXPORT_RULES: readonly Rule[] = [
  {
    fields: [["export"], CAPTURE, ["server"], ["volume"]],
    problemIn(merged) {
      if (merged.export === undefined) return null;
      const capture = captureOf(merged);
      return capture === null || EXPORTED.includes(capture)
        ? null
        : `takes no image of capture: ${capture}, because IMS does not export such an image. Take export out (from defaults, too), or write ${INSTEAD[capture] ?? "capture: data_disk"}`;
    },
  },
];

function captureOf({ capture, server, volume }: MergedFields): Capture | null {
  if (capture !== undefined) return capture;
  if (server !== undefined) return "server";
  return volume === undefined ? null : "volume";
}
