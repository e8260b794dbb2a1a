import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Image } from "../cloud-ports.ts";
import type { Run } from "../run/record.ts";
import { sortedJson } from "../sorted-json.ts";

/** The part of a statement that Regild reads again. */
export const statementSchema = z.looseObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(
    z.looseObject({
      name: z.string(),
      digest: z.record(z.string(), z.string()),
      annotations: z.looseObject({
        imageId: z.string(),
        snapshotIds: z.array(z.string()),
        /** Absent in statements of the first days. */
        boots: z.optional(z.record(z.string(), z.string())),
      }),
    }),
  ),
  predicateType: z.literal("https://slsa.dev/provenance/v1"),
  predicate: z.looseObject({
    buildDefinition: z.looseObject({
      externalParameters: z.looseObject({
        recipe: z.string(),
        source: z.looseObject({ kind: z.string(), id: z.string(), name: z.string() }),
        trigger: z.looseObject({ kind: z.string(), by: z.string() }),
        inputs: z.record(z.string(), z.string()),
      }),
      internalParameters: z.looseObject({ recipeDigest: z.looseObject({ sha256: z.string() }) }),
    }),
    runDetails: z.looseObject({
      builder: z.looseObject({
        id: z.string(),
        version: z.optional(z.looseObject({ regild: z.string() })),
      }),
      metadata: z.looseObject({ invocationId: z.string(), finishedOn: z.string() }),
      byproducts: z.array(z.looseObject({ name: z.string() })),
    }),
  }),
});
export type Statement = z.infer<typeof statementSchema>;

/**
 * What made an image: an in-toto statement with the predicate of SLSA (in-toto/attestation, spec/v1; slsa.dev/provenance/v1).
 * @param version of Regild. Null: not known.
 * @param diskImages images of further data disks that go with the image.
 */
export function statementOf(
  run: Run,
  image: Image,
  {
    version,
    nowMs,
    diskImages = [],
  }: { version: string | null; nowMs: number; diskImages?: readonly Image[] },
): Statement {
  const { recipe, source, trigger } = run;
  const inputs = Object.entries(recipe.inputs).flatMap(([name, { value }]) =>
    value === null ? [] : [[name, value] as const],
  );
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [
      subjectOf(run, image, run.imageName ?? image.name),
      ...diskImages.map((one) => subjectOf(run, one, one.name)),
    ],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "urn:regild:openstack-image:v1",
        externalParameters: {
          recipe: run.recipeName,
          capture: recipe.capture,
          source: {
            kind: recipe.source.kind,
            id: source?.id ?? "",
            name: source?.name ?? "",
          },
          trigger: { kind: trigger.kind, by: trigger.by },
          inputs: Object.fromEntries(inputs),
        },
        internalParameters: {
          recipeDigest: { sha256: sha256(sortedJson(recipe)) },
          attempt: run.attempt,
        },
        resolvedDependencies:
          source === null ? [] : [{ uri: `urn:openstack:${source.kind}:${source.id}` }],
      },
      runDetails: {
        builder: {
          id: `urn:regild:installation:${run.installationId}`,
          ...(version === null ? {} : { version: { regild: version } }),
        },
        metadata: {
          invocationId: run.id,
          startedOn: new Date(run.startedAtMs).toISOString(),
          finishedOn: new Date(nowMs).toISOString(),
        },
        byproducts: run.tests.map(({ zone, seconds, line }) => ({
          name: "test-boot",
          annotations: { zone, seconds, line },
        })),
      },
    },
  };
}

function subjectOf({ recipe }: Run, image: Image, name: string): Statement["subject"][number] {
  return {
    name,
    digest: digestOf(image),
    annotations: {
      imageId: image.id,
      projectId: image.ownerProjectId,
      cloud: recipe.cloud,
      region: recipe.region,
      snapshotIds: image.snapshotIds,
      // The promotion is going to set the recipe's properties again.
      boots: bootProperties({ ...image.properties, ...recipe.image.properties }),
    },
  };
}

/**
 * Of the content, as Glance has computed it. An image that is made of snapshots has none: Glance never gives an id, nor
 * the content of an active image, to another one.
 */
export function digestOf({ hash, id }: Pick<Image, "hash" | "id">): Record<string, string> {
  const [algorithm = "", value = ""] = hash?.split(" ") ?? [];
  return value === "" ? { glanceImageId: id } : { [algorithm]: value };
}

/** Properties that decide what Nova boots. Whoever may write the image can change them, and its content stays as it is. */
const BOOT_PROPERTIES = [
  "kernel_id",
  "ramdisk_id",
  "os_command_line",
  "root_device_name",
  "block_device_mapping",
  "bdm_v2",
  "mappings",
];
const MAX_VALUE = 255;

/** Those that the image has. The digest stands for a long value. */
export function bootProperties(properties: Record<string, string>): Record<string, string> {
  const entries = BOOT_PROPERTIES.flatMap((name) => {
    const value = properties[name];
    if (value === undefined) return [];
    return [[name, value.length <= MAX_VALUE ? value : `sha256:${sha256(value)}`] as const];
  });
  return Object.fromEntries(entries);
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
