import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { wholeNumberFrom } from "../script.ts";

it.each(["abc", "", "-1", "0", "1.5", "1e3", " 2"])("%o is no whole number from 1", (text) => {
  expect(() => wholeNumberFrom(1)(text)).toThrow("Write a whole number from 1.");
});

it("a whole number is what it says", () => {
  expect([wholeNumberFrom(1)("250"), wholeNumberFrom(0)("0")]).toEqual([250, 0]);
});

it.each([
  ["test/simulation/simulate.ts", "--seeds"],
  ["test/simulation/planted-bugs/simulate-bugs.ts", "--jobs"],
  ["test/cloud/kill/main.ts", "--kills"],
])("%s proves nothing of no runs: %s none is refused", (file, option) => {
  const { status, stderr } = spawnSync(process.execPath, [file, option, "none"], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([2, expect.stringContaining("Write a whole number from 1.")]);
});
