import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place[Symbol.asyncDispose]());

describe("a command of a later version", () => {
  it.each([[["adopt", "web", "--help"], "makes the first"]])(
    "%j: not yet, and what to do instead",
    async (args, remedy) => {
      const { status, err } = await place.regild(...args);
      expect(status).toBe(2);
      expect(err).toContain(`regild ${args[0]} is not supported yet`);
      expect(err).toContain(remedy);
    },
  );

  it("is not in the help", async () => {
    expect((await place.regild("--help")).out).not.toContain("adopt");
  });
});

it.each([
  ["approval: manual", "web.approval: is not supported yet"],
  ["availability_zones: [a, b]", "web.availability_zones: is not supported yet"],
])("a recipe with %s is refused with what to do instead", async (line, message) => {
  place.write("later.yml", `recipes:\n  web:\n    cloud: demo\n    server: web\n    ${line}\n`);
  const { status, out, err } = await place.regild("recipes", "check", "--recipes", "later.yml");
  expect(status).toBe(2);
  expect(out + err).toContain(message);
});
