/** An entry of clouds.yaml, or the OS_* variables: dashes made underscores, nothing else decided. */
export interface RawEntry {
  fields: Record<string, unknown>;
  auth: Record<string, unknown>;
}

/** @param field as it is written in the file: `auth.password` */
export type Complain = (field: string, message: string) => void;

export function rawEntry(fields: Record<string, unknown>): RawEntry {
  const { auth, ...others } = underscored(fields);
  return { fields: others, auth: isMapping(auth) ? underscored(auth) : {} };
}

/** Of `auth`, else of the entry itself; numbers are taken as text. */
export function lookUp(entry: RawEntry, field: string): string | undefined {
  return text(entry.auth[field]) ?? text(entry.fields[field]);
}

/**
 * The other way round, for what openstacksdk lets the entry override (projects and domains). Of several
 * spellings the last wins: `tenant_name` before `project_name`.
 */
export function lookUpScope(entry: RawEntry, ...spellings: string[]): string | undefined {
  const found = spellings.map((field) => text(entry.fields[field]) ?? text(entry.auth[field]));
  return found.findLast((value) => value !== undefined);
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function underscored(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key.replaceAll("-", "_"), value]),
  );
}

function text(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
