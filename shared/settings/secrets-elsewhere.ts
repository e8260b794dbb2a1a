import { SECRET_FIELDS } from "../notify/target.ts";
import type { Path } from "../recipe/problem.ts";

/** Reads a secret that does not stand in regild.yml itself. */
export type SecretReader = (
  place: { env: string } | { file: string },
) => { secret: string } | { problem: string };

export const NO_SECRETS: SecretReader = () => ({ problem: "is read by regild alone" });

/**
 * Puts secrets of notifications in where the file says `{ env: NAME }` or `{ file: PATH }`: a service manager or a mounted
 * secret holds them then.
 * @returns a copy, and what could not be read: there the field stays as it is.
 */
export function withSecrets(
  data: unknown,
  secretIn: SecretReader,
): { data: unknown; unread: Array<{ path: Path; problem: string }> } {
  const unread: Array<{ path: Path; problem: string }> = [];
  const copy: unknown = structuredClone(data);
  const targets = isMapping(copy) ? copy["notifications"] : undefined;
  for (const [name, target] of isMapping(targets) ? Object.entries(targets) : []) {
    const secrets: unknown = isMapping(target) ? target["secrets"] : undefined;
    const signing = Array.isArray(secrets) ? secrets.map((_secret, at) => ["secrets", at]) : [];
    for (const field of [...SECRET_FIELDS, ...signing]) {
      const holder = field.slice(0, -1).reduce<unknown>(childOf, target);
      const key = field.at(-1) ?? "";
      const place = placeIn(childOf(holder, key));
      if (place === null || typeof holder !== "object" || holder === null) continue;
      const read = secretIn(place);
      if ("secret" in read) Reflect.set(holder, key, read.secret);
      else unread.push({ path: ["notifications", name, ...field], problem: read.problem });
    }
  }
  return { data: copy, unread };
}

function placeIn(value: unknown): { env: string } | { file: string } | null {
  if (!isMapping(value)) return null;
  const keys = Object.keys(value);
  const { env, file } = value;
  if (keys.length !== 1) return null;
  if (typeof env === "string") return { env };
  return typeof file === "string" ? { file } : null;
}

function childOf(of: unknown, key: string | number): unknown {
  return typeof of === "object" && of !== null ? Reflect.get(of, key) : undefined;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
