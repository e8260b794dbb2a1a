import { cloudWords } from "../plain-text.ts";

/**
 * Readers of single fields for records that other people wrote: each returns a value of its type, or undefined if the
 * field holds something else. A missing field and null are the field's empty value.
 */

export type Raw = Record<string, unknown>;

export function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Empty: missing. */
export function textIn(value: unknown): string | undefined {
  if (value == null) return "";
  return typeof value === "string" ? value : undefined;
}

/** `"True"` and `"false"` are Python's and the database's ways to write a boolean. */
export function flagIn(value: unknown): boolean | undefined {
  if (value == null) return false;
  if (typeof value === "boolean") return value;
  if (value === 0 || value === 1) return value === 1;
  const word = typeof value === "string" ? value.toLowerCase() : "";
  if (word === "true" || word === "1") return true;
  return word === "false" || word === "0" || value === "" ? false : undefined;
}

/** A whole number from 0. Null: missing. */
export function countIn(value: unknown): number | null | undefined {
  if (value == null || value === "") return null;
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}

/** Keys and texts; other values as JSON. Null and missing: none. */
export function textsIn(value: unknown): Record<string, string> | undefined {
  if (value == null) return {};
  if (!isRaw(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => {
      const text = entry == null ? null : textOf(entry);
      return text === null ? [] : [[key, text]];
    }),
  );
}

/** Null: nested so deeply that it cannot be written. */
export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (value === undefined) return null;
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

/** A status, a power state or the like, as it may be shown. Undefined: no text, or none at all. */
export function statusIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? cloudWords(value, 64) : undefined;
}

/** Fields of one record that could not be read. */
export class Odd {
  readonly fields: string[] = [];

  /** The value, or `instead` for one that could not be read. */
  or<T>(field: string, value: T | undefined, instead: T): T {
    if (value !== undefined) return value;
    this.fields.push(field);
    return instead;
  }
}
