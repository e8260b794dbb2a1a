import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PLANTED_BUGS } from "./bugs/index.ts";
import { hunt } from "./hunt.ts";
import { edited } from "./plant.ts";

describe("the planted bugs", () => {
  it.each(PLANTED_BUGS)("$name fits the code as it is", ({ edits }) => {
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const before = texts.get(edit.file) ?? readFileSync(edit.file, "utf8");
      const after = edited(edit.file, before, [edit]);
      expect(after).not.toBe(before);
      texts.set(edit.file, after);
    }
    expect(texts.size).toBeGreaterThan(0);
  });

  it("have names of their own", () => {
    const names = PLANTED_BUGS.map((bug) => bug.name);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe("an edit", () => {
  const edit = { file: "a.ts", find: "b", replace: "x" };

  it("is refused when the text is not there, or there twice", () => {
    expect(() => edited("a.ts", "acd", [edit])).toThrow("a.ts has this 0 times, not once:\nb");
    expect(() => edited("a.ts", "abcb", [edit])).toThrow("a.ts has this 2 times, not once:\nb");
  });

  it("is made where it fits", () => {
    expect(edited("a.ts", "abc", [edit])).toBe("axc");
  });
});

describe("a hunt", { timeout: 60_000 }, () => {
  const anything = { rules: null, firstSeed: 0, seeds: 3 };
  const believes = {
    file: "shared/protocol/create.ts",
    find: '  session.record("intent", text);\n',
    replace: "",
  };

  it("finds a bug, and nothing where there is none", async () => {
    const rule = "every intent is in the timeline";
    expect(await hunt({ ...anything, edits: [believes] })).toMatchObject({ broken: { rule } });
    expect(await hunt({ ...anything, edits: [] })).toEqual({ seeds: 3, broken: null, others: [] });
  });

  it("does not count a rule that does not speak of the bug", async () => {
    const rules = ["every run ends"];
    const found = await hunt({ ...anything, seeds: 8, edits: [believes], rules });
    const others = [
      "every intent is in the timeline",
      "what a run changed in the cloud is in its timeline",
    ];
    expect(found).toMatchObject({ broken: null, others });
  });

  it("is refused when an edit does not fit, or is of a file that the simulation does not load", async () => {
    const misfit = { ...believes, find: "there is no such line" };
    await expect(hunt({ ...anything, edits: [misfit] })).rejects.toThrow("0 times, not once");
    const unused = { file: "shared/sqlite/store.ts", find: "a", replace: "b" };
    await expect(hunt({ ...anything, edits: [unused] })).rejects.toThrow("does not load");
  });
});
