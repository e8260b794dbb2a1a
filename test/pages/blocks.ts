import { readFileSync } from "node:fs";

export interface Block {
  language: string;
  text: string;
}

/** The fenced blocks of a page, in its order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", block = ""]) => ({
    language,
    text: block,
  }));
}

/** The commands of a console block, each with the lines that it prints there. */
export function commandsOf({ text }: Block): Array<{ command: string; lines: string[] }> {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...lines] = part.trimEnd().split("\n");
      return { command, lines };
    });
}

const MASKS: Array<[what: RegExp, mask: string]> = [
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UUID"],
  [/\b[a-z]+-\d{8}-\d{6}-[0-9a-z]{6}\b/g, "RUN"],
  [/\b[a-z]+-\d{8}-[0-9a-z]{6}\b/g, "IMAGE"],
  [/127\.0\.0\.1:\d+/g, "ADDRESS"],
  [/(\d+ min )?\d+ s\b/g, "N s"],
  [/\d\d:\d\d UTC/g, "TIME"],
  [/ \/(compute|image\/az1)(?=\/v2)/g, " "], // the simulated services share one address
  [/\d+ API calls/g, "N API calls"],
];

/** Without what differs from one time to the next. @param folder the one that the command works in. */
export function masked(text: string, folder: string): string {
  return MASKS.reduce(
    (line, [what, mask]) => line.replaceAll(what, mask),
    text.trimEnd().replaceAll(folder, "FOLDER").replaceAll("/home/anna/try", "FOLDER"),
  );
}

/**
 * Where a command did not print what the page has; null: it did. If the page leaves lines out (`…`), there may be others
 * between those that it has.
 * @param printed all of it, stdout and stderr.
 */
export function unlike(lines: readonly string[], printed: string, folder: string): string | null {
  const shown = lines.filter((line) => line !== "…");
  const real = printed.trimEnd().split("\n");
  if (shown.length === lines.length && real.length !== lines.length)
    return `The page has ${lines.length} lines, it printed ${real.length}:\n${printed}`;
  let at = 0;
  for (const line of shown) {
    const wanted = masked(line, folder);
    at = real.findIndex((each, index) => index >= at && masked(each, folder) === wanted) + 1;
    if (at === 0) return `The page has: ${line}\nIt printed:\n${printed}`;
  }
  return null;
}
