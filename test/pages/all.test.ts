import { existsSync, globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { blocksOf, shownOn } from "./blocks.ts";

const pages = ["README.md", "SECURITY.md", ...globSync("docs/**/*.md")].toSorted();

/** Blocks of plain text that no command prints. docs/cli.md is written from the commands themselves. */
const PLAIN_TEXT: Record<string, string> = {
  "README.md": "the picture of a run",
  "docs/architecture.md": "the folders of the program",
  "docs/chat.md": "lines that a person types into a chat",
  "docs/cli.md": "usage and examples, compared with the commands by test/docs.test.ts",
  "docs/tokens.md": "the form of a token",
};

const runnerOf = (page: string) => `test/pages/${basename(page, ".md")}.test.ts`;

describe("the output that pages show", () => {
  it.each(pages.filter((page) => shownOn(page).length > 0))("%s is run by a test", (page) => {
    const runner = runnerOf(page);
    expect(existsSync(runner), `${page} shows output, and ${runner} is missing`).toBe(true);
    const text = readFileSync(runner, "utf8");
    const runsAll = ["differencesOf", "blocksOf"].map((reader) => `${reader}("${page}"`);
    expect(runsAll.some((call) => text.includes(call))).toBe(true);
  });

  it.each(pages)("%s has output in console blocks only", (page) => {
    const others = blocksOf(page).filter(({ language }) => language !== "console");
    expect(others.filter(({ language }) => language === "")).toEqual([]);
    expect(others.filter(({ text }) => /^\$ /m.test(text))).toEqual([]);
    const isPlain = others.some(({ language }) => language === "text");
    expect(isPlain, `${page} has a text block`).toBe(page in PLAIN_TEXT);
  });
});
