import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PLANTED_BUGS } from "./bugs/index.ts";
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
