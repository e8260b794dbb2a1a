import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it.each([
  "recipes.yml",
  "regild.yml",
  "clouds.yaml",
  "secure.yaml",
  "regild.sqlite",
  "regild.sqlite-wal",
  "regild.sqlite-shm",
  "regild.sqlite.host",
])("the repository ignores %s, a file of its user", (file) => {
  expect(spawnSync("git", ["check-ignore", "--quiet", file]).status).toBe(0);
  expect(spawnSync("git", ["ls-files", file], { encoding: "utf8" }).stdout).toBe("");
});
