import { isPlainMapping, PythonValue, Unreadable } from "./python-yaml.ts";

/** @param field as it is written in the file: `auth.password` */
export type Complain = (field: string, message: string) => void;

/** An entry of clouds.yaml, or the OS_* variables: dashes made underscores, nothing else decided. */
export interface RawEntry {
  fields: Record<string, unknown>;
  auth: Record<string, unknown>;
  complain: Complain;
  /** Keys that somebody has asked for, `auth.` left out: the others are passed over. */
  asked: Set<string>;
}

export function rawEntry(fields: Record<string, unknown>, complain: Complain): RawEntry {
  const { auth, ...others } = underscored(fields);
  if (auth != null && !isPlainMapping(auth)) {
    complain("auth", auth instanceof Unreadable ? auth.problem : "is no mapping of settings");
  }
  return {
    fields: others,
    auth: isPlainMapping(auth) ? underscored(auth) : {},
    complain,
    asked: new Set(),
  };
}

/** Of `auth`, else of the entry itself (openstacksdk, `_validate_auth`). */
export function lookUp(entry: RawEntry, field: string): string | undefined {
  entry.asked.add(field);
  return text(entry, entry.auth[field], `auth.${field}`) ?? text(entry, entry.fields[field], field);
}

/** Of several spellings the last wins (`_fix_backwards_project`): `tenant_name` before `project_name`. */
export function lookUpScope(entry: RawEntry, ...spellings: string[]): string | undefined {
  return spellings.map((field) => lookUp(entry, field)).findLast((value) => value !== undefined);
}

/** @returns null: it is missing, or no text, which `complain` was told. */
export function readSecret(entry: RawEntry, field: string, complain: Complain): string | null {
  const written = lookUp(entry, field);
  if (written !== undefined) return written;
  if (!isGiven(entry, field)) complain(`auth.${field}`, "is missing");
  return null;
}

export function isGiven({ auth, fields }: RawEntry, field: string): boolean {
  return (auth[field] ?? fields[field] ?? "") !== "";
}

/** As it was read: for what is no text. */
export function lookUpRaw(entry: RawEntry, field: string): unknown {
  entry.asked.add(field);
  return entry.fields[field];
}

/** Keys that nobody has asked for. */
export function passedOver({ fields, auth, asked }: RawEntry): string[] {
  const keys = [...Object.keys(fields), ...Object.keys(auth)];
  return [...new Set(keys)].filter((key) => !asked.has(key));
}

/** Undefined: empty, or nothing that may stand for text, which is told. No value is shown: it may be a secret. */
export function text(entry: RawEntry, value: unknown, field: string): string | undefined {
  if (value == null || value === "") return undefined;
  if (typeof value === "string") return value;
  if (value instanceof PythonValue && value.kind === "number" && value.value === value.written) {
    return value.value;
  }
  entry.complain(field, problemOf(value));
  return undefined;
}

function problemOf(value: unknown): string {
  if (value instanceof Unreadable) return value.problem;
  if (!(value instanceof PythonValue)) return "is no text";
  const kinds = { number: "a number", boolean: "true or false", time: "a time" };
  return `is ${kinds[value.kind]}. Put it in quotes: YAML reads it as something else than what is written`;
}

function underscored(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key.replaceAll("-", "_"), value]),
  );
}
