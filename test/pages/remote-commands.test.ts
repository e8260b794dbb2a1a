import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { WORK_THERE } from "../../local/cli/remote/chosen.ts";

it("docs/remote.md lists the commands that work on another host", () => {
  const text = readFileSync(new URL("../../docs/remote.md", import.meta.url), "utf8");
  const [list = ""] = /^`refresh`.* then ask that host/m.exec(text) ?? [];
  const named = Array.from(list.matchAll(/`([a-z-]+)`/g), ([, name = ""]) => name);
  expect(named.toSorted()).toEqual([...WORK_THERE].toSorted());
});
