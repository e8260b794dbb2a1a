import { isCloudId } from "../cloud-ids.ts";
import { name, rule } from "./field.ts";
import type { Path } from "./problem.ts";
import type { Capture } from "./recipe.ts";
import type { Rule } from "./rule.ts";

const EXAMPLE = "cmk_id: bd66288c-9081-460a-8227-4cbd0c814cb4";

export const cmkId = name(EXAMPLE).check(
  rule((text) =>
    text === "" || isCloudId(text) ? null : `is no id of a key. Write for example ${EXAMPLE}`,
  ),
);

const ENCRYPTED: readonly Capture[] = ["system_disk", "data_disk", "system_from_data_disk"];

const CMK_ID: Path = ["image", "cmk_id"];
const CAPTURE: Path = ["capture"];

/**
 * What can be encrypted, and what cannot be done with an encrypted image. `defaults` count, too: nobody is to take an
 * image for encrypted that is not. Source: Image Management Service API reference, "Replicating an Image Within a Region";
 * user guide, "Exporting an Image".
 */
export const ENCRYPTION_RULES: readonly Rule[] = [
  {
    fields: [CMK_ID, CAPTURE],
    problemIn: ({ image, capture }) =>
      image.cmk_id === undefined || (capture !== undefined && ENCRYPTED.includes(capture))
        ? null
        : `encrypts images that IMS makes of one disk, by a copy. Take it out (from defaults, too), or write capture: system_disk, data_disk or system_from_data_disk`,
  },
  {
    fields: [["zones"], CMK_ID],
    problemIn: ({ image, zones }) =>
      image.cmk_id !== undefined && Object.values(zones ?? {}).some((zone) => zone.distribute)
        ? "have distribute: true, and the content of an encrypted image cannot be sent elsewhere. Take distribute or cmk_id out"
        : null,
  },
  {
    fields: [["export"], CMK_ID],
    problemIn: ({ image, export: to }) =>
      image.cmk_id !== undefined && to?.format === "zvhd2"
        ? "has format: zvhd2, the fast export, and IMS has none of encrypted images. Write another format, or take cmk_id out"
        : null,
  },
];
