import * as z from "zod/mini";

/** Names that a record of schema 1 has for its fields. */
const FIELDS: Record<string, string> = {
  home: "installationId",
  lookAtMs: "reconcileAtMs",
  nextLookAtMs: "nextCheckAtMs",
  parts: "resources",
  lateTries: "lateAttempts",
  lostTries: "unansweredAttempts",
  tryId: "attemptId",
  doomedAtMs: "deletingSinceMs",
  weather: "transientFailures",
  redrivenAtMs: "retriedAtMs",
  toldAtMs: "reportedAtMs",
};
/** Values that it has where the key is `state` or `kind`. */
const VALUES: Record<string, string> = {
  doomed: "deleting",
  look: "observation",
  weather: "transient",
};

/**
 * Schema of a record that was renamed with schema 2. Reads schema 1 as well, so that one program reads the records of
 * the one before it in every store, also in the middle of a run. The next commit of the record writes schema 2.
 */
export function storedRecord<Doc>(schema: z.ZodMiniType<Doc>): z.ZodMiniType<Doc> {
  return z.pipe(z.transform(upgraded), schema);
}

function upgraded(doc: unknown): unknown {
  const isEarlier = isObject(doc) && "schema" in doc && doc.schema === 1;
  return isEarlier ? { ...renamed(doc), schema: 2 } : doc;
}

function renamed(doc: object): object {
  return Object.fromEntries(
    Object.entries(doc).map(([key, value]) => [FIELDS[key] ?? key, valueOf(key, value)]),
  );
}

function valueOf(key: string, value: unknown): unknown {
  // Texts of a user or a cloud: nothing in them is renamed.
  if (key === "recipe" || key === "inherited") return value;
  if (typeof value === "string") {
    return key === "state" || key === "kind" ? (VALUES[value] ?? value) : value;
  }
  if (Array.isArray(value)) return value.map((one) => valueOf(key, one));
  return isObject(value) ? renamed(value) : value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
