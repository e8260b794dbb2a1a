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
/** Values that it has for the state of an image or resource, and for the kind of an event. */
const VALUES: Record<string, Record<string, string>> = {
  state: { doomed: "deleting" },
  kind: { look: "observation", weather: "transient" },
};
/** Texts of a user or a cloud: nothing in them is renamed. */
const FOREIGN = new Set(["recipe", "inherited"]);

/**
 * Schema of a record that was renamed with schema 2. Reads schema 1 as well, so that one program reads the records of
 * the one before it in every store, also in the middle of a run. The next commit of the record writes schema 2.
 */
export function storedRecord<Doc>(schema: z.ZodMiniType<Doc>): z.ZodMiniType<Doc> {
  return z.pipe(z.transform(upgraded), schema);
}

function upgraded(doc: unknown): unknown {
  return isObject(doc) && doc["schema"] === 1 ? { ...renamed(doc), schema: 2 } : doc;
}

function renamed(doc: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(doc).map(([name, value]) => [
      FIELDS[name] ?? name,
      FOREIGN.has(name) ? value : valueOf(name, value),
    ]),
  );
}

function valueOf(name: string, value: unknown): unknown {
  if (typeof value === "string") return VALUES[name]?.[value] ?? value;
  if (Array.isArray(value)) return value.map((one) => valueOf(name, one));
  return isObject(value) ? renamed(value) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
