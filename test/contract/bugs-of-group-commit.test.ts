import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import * as z from "zod/mini";
import type { Edit } from "../simulation/planted-bugs/bug.ts";

const TELLS = "for (const answer of this.together(group) ?? this.oneByOne(group)) answer();";

/** Bugs that the simulation cannot meet, as its store writes one thing at a time into memory. */
const BUGS: Array<{ breaks: string; edits: Edit[]; caughtBy: string }> = [
  {
    breaks: "a caller is told that it won before the commit is on disk",
    edits: [
      {
        file: "shared/sqlite/database.ts",
        find: TELLS,
        replace: `
          this.db.exec("BEGIN IMMEDIATE");
          for (const { run, committed } of group) {
            run();
            committed();
          }
          setImmediate(() => this.db.exec("COMMIT"));`,
      },
    ],
    caughtBy: "no caller hears a result before another connection can read the write",
  },
  {
    breaks: "two callers of one batch both win",
    edits: [
      {
        file: "shared/sqlite/store.ts",
        find: "return Number(changes) === 1;",
        replace: "return Number(changes) <= 1;",
      },
    ],
    caughtBy: "of two writers of one version in one group only the first wins",
  },
];

it.concurrent.each(BUGS)("the tests of group commit notice: $breaks", async (bug) => {
  expect(await failedWith(bug.edits)).toContain(bug.caughtBy);
});

it.concurrent("the tests of group commit pass on the program as it is", async () => {
  expect(await failedWith([])).toEqual([]);
});

async function failedWith(edits: Edit[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "test/contract/tests-that-fail.ts",
    "test/contract/group-commit.test.ts",
    JSON.stringify(edits),
  ]);
  const lastLine: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  return z.array(z.string()).parse(lastLine);
}
