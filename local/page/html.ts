import { html as tagged, type raw } from "hono/html";
import { steerless } from "../../shared/plain-text.ts";

/** HTML whose every text was escaped. */
export type Html = ReturnType<typeof raw>;

/** What may stand in a template. Null and false are nothing. */
export type Part = string | number | Html | null | false | readonly Part[];

/**
 * A template of HTML. Each text in it loses the characters that steer a terminal or reorder lines, since it may be copied
 * into one, and is escaped.
 */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const made = tagged(strings, ...parts.map(harmless));
  if (made instanceof Promise) throw new TypeError("nothing is awaited in a page");
  return made;
}

function harmless(part: Part): Part {
  if (typeof part === "string") return steerless(part);
  return isList(part) ? part.map(harmless) : part;
}

function isList(part: Part): part is readonly Part[] {
  return Array.isArray(part);
}
