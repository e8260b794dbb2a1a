import type * as z from "zod/mini";

/**
 * Reads a document. A host of a later version may have added fields: those are left out, as they would not be shown.
 * @returns null: it is no such document.
 */
export function tolerant<Document>(schema: z.ZodMiniType<Document>, text: string): Document | null {
  const value = jsonOf(text);
  if (isOf(schema, value)) return value;
  for (const issue of schema.safeParse(value).error?.issues ?? []) {
    if (issue.code !== "unrecognized_keys") return null;
    for (const key of issue.keys) remove(value, issue.path, key);
  }
  return isOf(schema, value) ? value : null;
}

/** The value itself is kept, with its fields in their order: what a program prints is what the host's own command prints. */
function isOf<Document>(schema: z.ZodMiniType<Document>, value: unknown): value is Document {
  return schema.safeParse(value).success;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function remove(value: unknown, path: readonly PropertyKey[], key: string): void {
  let at: unknown = value;
  for (const step of path) at = isObject(at) ? Reflect.get(at, step) : undefined;
  if (isObject(at)) Reflect.deleteProperty(at, key);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
