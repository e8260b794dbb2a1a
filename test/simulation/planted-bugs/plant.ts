import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import type { Edit } from "./bug.ts";

const ROOT = new URL("../../../", import.meta.url);

/**
 * The text with each edit made. Line breaks and the commas before closing brackets do not count: the formatter moves them.
 * @throws when one does not fit: a bug that is not planted proves nothing.
 */
export function edited(file: string, text: string, edits: Edit[]): string {
  let result = text;
  for (const { find, replace } of edits) {
    const pattern = patternOf(find);
    const times = [...result.matchAll(pattern)].length;
    if (times !== 1) throw new Error(`${file} has this ${times} times, not once:\n${find}`);
    result = result.replace(pattern, () => replace);
  }
  return result;
}

function patternOf(code: string): RegExp {
  const tokens = code.replaceAll(/,(?=\s*[)\]}])/g, "").match(/\w+|[^\w\s]/g) ?? [];
  const source = tokens.map((token) => {
    const literal = token.replaceAll(/\W/g, "\\$&");
    return /^[)\]}]$/.test(token) ? `,?\\s*${literal}` : literal;
  });
  return new RegExp(source.join("\\s*"), "g");
}

/**
 * From here on this thread's modules are loaded with the edits made, so call it before the simulation is imported.
 * @returns the files that have been loaded with an edit in them.
 */
export function plant(edits: Edit[]): ReadonlySet<string> {
  const loaded = new Set<string>();
  registerHooks({
    load(url, context, nextLoad) {
      const file = url.startsWith(ROOT.href) ? url.slice(ROOT.href.length) : "";
      const here = edits.filter((edit) => edit.file === file);
      if (here.length === 0) return nextLoad(url, context);
      loaded.add(file);
      const source = edited(file, readFileSync(new URL(url), "utf8"), here);
      return { format: "module-typescript", source, shortCircuit: true };
    },
  });
  return loaded;
}
