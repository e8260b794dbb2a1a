import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** Words of earlier versions (docs/glossary.md). They had a meaning of their own here that no reader could guess. */
const RETIRED: Array<[word: string, pattern: RegExp]> = [
  ["ledger", /\bledgers?|Ledger/],
  ["doom", /\bdoom(s|ed)?\b|Doom/i],
  ["weather", /\bweather|Weather/],
  ["pivot", /\bpivot/i],
  ["mend", /\bmend(s|ed|ing)?\b/i],
  ["redrive", /\bredrive[ns]?\b(?!Policy|\?\.|\.dead)|[rR]edriven/],
  ["owe", /\bowe[ds]?\b/i],
  [
    "head",
    /\b(recipe's|the|a|its) heads?\b(?! (of|of the)\b)|\bheads? and sources\b|\b(change|empty|put)Head\b|\bhead(Key|Schema|With|Of)\b/,
  ],
  ["letter", /\b(?<!dead )(?<!dead-)letters? (is|was|of which|that|about)\b/],
  ["wake", /\b(parse|on)Wake|`Wake`|: Wake\b/],
  ["try id", /\btryId|\btry id\b|[lL]ateTr(y|ies)|[lL]ostTries/],
  ["story", /\b[sS]tor(y|ies)\b|\b(view|run|print\w*|cloud)Stor(y|ies)|\bstor(y|ies)[A-Z]/],
];

/** The words' own list, the changelog, names of stored fields of schema 1, the alias of retry, and RedrivePolicy of AWS. */
const EXEMPT =
  /^(docs\/glossary\.md|CHANGELOG\.md|findings\/|shared\/stored-record\.ts|test\/unit\/(stored-record|retired-words)\.test\.ts|local\/cli\/(commands\/retry|command-list)\.ts|test\/aws\/(sqs|stack\/queues|template\/wiring)\.ts)/;

const files = execFileSync("git", ["ls-files"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.(ts|mjs|md|yml|yaml|service)$/.test(file) && !EXEMPT.test(file))
  .filter((file) => existsSync(file));

it("no retired word is in code, messages or guides", () => {
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line, index) =>
        RETIRED.filter(([, pattern]) => pattern.test(line)).map(
          ([word]) => `${file}:${index + 1} ${word}: ${line.trim().slice(0, 100)}`,
        ),
      ),
  );
  expect(found).toEqual([]);
});
