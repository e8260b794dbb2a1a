import { readFileSync } from "node:fs";

export interface Block {
  language: string;
  text: string;
}

/** A command, and the lines that the page has below it. */
export interface Shown {
  command: string;
  lines: string[];
}

/** The fenced blocks of a page, in its order, also those within a list. The language is empty where the page names none. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
  return [...text.matchAll(/^( *)```([^\n]*)\n(.*?)^\1```$/gms)].map(
    ([, indent = "", language = "", block = ""]) => ({
      language,
      text: block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
}

/** The commands of the page's console blocks below which the page shows what they print. */
export function shownOn(page: string): Shown[] {
  return blocksOf(page)
    .filter(({ language }) => language === "console")
    .flatMap(commandsOf)
    .filter(({ lines }) => lines.length > 0);
}

/**
 * Runs every command whose output the page shows, in the page's order.
 * @param run gets the command as the page has it, and returns all that was printed. @returns where each differs from the page.
 */
export async function differencesOf(
  page: string,
  folder: string,
  run: (command: string) => Promise<string>,
): Promise<string[]> {
  const differences: string[] = [];
  for (const { command, lines } of shownOn(page)) {
    const difference = unlike(lines, await run(command), folder);
    if (difference !== null) differences.push(`$ ${command}\n${difference}`);
  }
  return differences;
}

/** The commands of a console block, each with the lines that it prints there. */
export function commandsOf({ text }: Block): Shown[] {
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
  [/\b[a-z-]+-\d{8}-\d{6}-[0-9a-z]{6}\b/g, "RUN"],
  [/\b[a-z]+-\d{8}-[0-9a-z]{6}\b/g, "IMAGE"],
  [/\bmessage-[0-9a-f]{12}\b/g, "MESSAGE"],
  [/127\.0\.0\.1:\d+/g, "ADDRESS"],
  [/(Plan|--plan) [0-9a-z]{12}$/g, "$1 ID"],
  [/\b(\d+[dhms])+ old\b/g, "N s old"],
  [/(\d+ min )?\d+ (s|min|h)\b/g, "N s"],
  [/\d+\.\d [KMG]iB/g, "SIZE"],
  [/\b(today|yesterday|Sun|Mon|Tue|Wed|Thu|Fri|Sat) (?=\d\d:\d\d)/g, ""],
  [/\d\d:\d\d( UTC)?/g, "TIME"],
  [/ \/(compute|image\/az1)(?=\/v2)/g, " "], // the simulated services share one address
  [/\d+ API calls/g, "N API calls"],
  [/(?<=\S) {2,}/g, "  "], // columns are as wide as their texts
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
