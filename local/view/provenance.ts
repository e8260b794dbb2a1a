import type { KeyObject } from "node:crypto";
import * as z from "zod/mini";
import type { Image } from "../../shared/cloud-ports.ts";
import { PROVENANCE_PROPERTY } from "../../shared/image/marks.ts";
import type { InventoryImage } from "../../shared/image/recipe-state.ts";
import {
  type Envelope,
  envelopeSchema,
  isSignedBy,
  keyIdOf,
} from "../../shared/provenance/dsse.ts";
import type { Provenance } from "../../shared/provenance/record.ts";
import {
  bootProperties,
  digestOf,
  sha256,
  type Statement,
  statementSchema,
} from "../../shared/provenance/statement.ts";
import { documentSchema, SCHEMA } from "./document.ts";

const checkSchema = z.strictObject({
  /**
   * `signature`: of the statement; `image`, `content`, `property`: whether the image in the cloud is the one of it; `revoked`:
   * it is, and somebody has withdrawn it for good.
   */
  name: z.enum(["signature", "image", "content", "property", "revoked"]),
  /** `unknown`: it could not be told. */
  state: z.enum(["ok", "problem", "unknown"]),
  message: z.string(),
});
export type Check = z.infer<typeof checkSchema>;

export const provenanceDocument = z.extend(documentSchema, {
  recipe: z.string(),
  image: z.strictObject({ id: z.string(), name: z.string() }),
  /** Every check is `ok`. */
  verified: z.boolean(),
  checks: z.array(checkSchema),
  /** Null: the store has none. */
  statement: z.nullable(statementSchema),
  /** The DSSE envelope that holds it, for other tools. */
  envelope: z.nullable(envelopeSchema),
});
export type ProvenanceView = z.infer<typeof provenanceDocument>;

/** What a check is made of. */
export interface Evidence {
  recipe: string;
  entry: Pick<InventoryImage, "id" | "name" | "revoked">;
  stored: Provenance | null;
  /** As the cloud shows it. Null: 404. */
  image: Image | null;
  /** Null: nobody has named one. */
  key: KeyObject | null;
}

export function viewProvenance({ recipe, entry, stored, image, key }: Evidence): ProvenanceView {
  const about = { schema: SCHEMA, recipe, image: { id: entry.id, name: entry.name } } as const;
  const envelope = stored === null ? null : envelopeIn(stored.envelope);
  const statement = envelope === null ? null : statementIn(envelope);
  if (stored === null || envelope === null || statement === null) {
    const message =
      stored === null
        ? "the store has no statement of it: it was promoted before there were any, or never"
        : "the statement in the store cannot be read, or is no statement of what made an image";
    const state = stored === null ? "unknown" : "problem";
    const checks: Check[] = [{ name: "signature", state, message }];
    return { ...about, verified: false, checks, statement, envelope };
  }
  const checks = [
    signatureCheck(envelope, key),
    imageCheck(statement, { recipe, id: entry.id }, image),
    ...(image === null
      ? []
      : [contentCheck(statement, image), propertyCheck(stored.envelope, image)]),
    ...revokedCheck(entry),
  ];
  const verified = checks.every(({ state }) => state === "ok");
  return { ...about, verified, checks, statement, envelope };
}

function revokedCheck({ revoked }: Evidence["entry"]): Check[] {
  if (revoked === null) return [];
  const why = revoked.reason === null ? "" : `: ${revoked.reason}`;
  return [{ name: "revoked", state: "problem", message: `by ${revoked.by}${why}` }];
}

function envelopeIn(text: string): Envelope | null {
  return parsed(text, envelopeSchema);
}

function statementIn({ payload }: Envelope): Statement | null {
  return parsed(Buffer.from(payload, "base64").toString("utf8"), statementSchema);
}

function parsed<T>(text: string, schema: z.ZodMiniType<T>): T | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function signatureCheck(envelope: Envelope, key: KeyObject | null): Check {
  const name = "signature";
  const [signature] = envelope.signatures;
  if (signature === undefined) {
    const message = "nobody has signed the statement: the host had no key (REGILD_SIGNING_KEY)";
    return { name, state: key === null ? "unknown" : "problem", message };
  }
  if (key === null) {
    const message = `signed with key ${signature.keyid}, which is not here: --public-key FILE`;
    return { name, state: "unknown", message };
  }
  return isSignedBy(envelope, key)
    ? { name, state: "ok", message: `signed with key ${keyIdOf(key)}` }
    : { name, state: "problem", message: `not signed with key ${keyIdOf(key)}, or changed since` };
}

function imageCheck(
  { subject, predicate }: Statement,
  { recipe, id }: { recipe: string; id: string },
  image: Image | null,
): Check {
  const name = "image";
  const of = predicate.buildDefinition.externalParameters.recipe;
  if (of !== recipe)
    return { name, state: "problem", message: `the statement is of recipe ${of}, not ${recipe}` };
  const named = subject[0]?.annotations.imageId ?? "none";
  if (named !== id)
    return { name, state: "problem", message: `the statement is of image ${named}, not ${id}` };
  return image === null
    ? { name, state: "problem", message: `image ${id} is not in the cloud` }
    : { name, state: "ok", message: `the statement is of image ${id}` };
}

/** Also of an image with a hash: Nova boots from the snapshots of its mapping, or with its kernel, instead of its content. */
function contentCheck({ subject }: Statement, image: Image): Check {
  const name = "content";
  const boots = bootProblem(subject[0]?.annotations, image);
  if (boots !== null) return { name, ...boots };
  const stated = subject[0]?.digest ?? {};
  const [algorithm = "", value = ""] = Object.entries(digestOf(image))[0] ?? [];
  if (stated[algorithm] !== value) {
    const message = `the statement has ${digestText(stated)}, the image ${digestText({ [algorithm]: value })}`;
    return { name, state: "problem", message };
  }
  const message =
    algorithm === "glanceImageId"
      ? "the image is made of snapshots, of which Glance has no hash: its id stands for them"
      : `os_hash_value is that of the statement (${algorithm})`;
  return { name, state: "ok", message };
}

/** Null: servers boot what the statement names. */
function bootProblem(
  stated: Statement["subject"][number]["annotations"] | undefined,
  { oddFields, properties, snapshotIds }: Image,
): Omit<Check, "name"> | null {
  const problem = (message: string) => ({ state: "problem", message }) as const;
  if (oddFields.includes("block_device_mapping"))
    return problem("the image's block_device_mapping cannot be read: it may name any snapshot");
  const [wanted, found] = [stated?.snapshotIds ?? [], snapshotIds].map((ids) =>
    ids.toSorted().join(", "),
  );
  if (wanted !== found)
    return problem(`the statement has snapshots ${wanted || "none"}, the image ${found || "none"}`);
  if (stated?.boots === undefined) {
    const message =
      "the statement is older than this check: it does not name the properties that decide what is booted";
    return { state: "unknown", message };
  }
  const [before, now] = [stated.boots, bootProperties(properties)];
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (property) => before[property] !== now[property],
  );
  return changed.length === 0
    ? null
    : problem(`${changed.join(", ")} of the image changed since the statement`);
}

function digestText(digest: Record<string, string>): string {
  const [[algorithm, value] = ["no", "hash"]] = Object.entries(digest);
  return `${algorithm} ${value.slice(0, 16)}`;
}

function propertyCheck(envelope: string, { properties }: Image): Check {
  const name = "property";
  const wanted = `sha256:${sha256(envelope)}`;
  const found = properties[PROVENANCE_PROPERTY];
  if (found === wanted)
    return { name, state: "ok", message: `${PROVENANCE_PROPERTY} is the digest of the statement` };
  const message =
    found === undefined
      ? `the image has no ${PROVENANCE_PROPERTY}`
      : `${PROVENANCE_PROPERTY} is of another statement`;
  return { name, state: "problem", message };
}
