import { afterAll, beforeAll, expect, it } from "vitest";
import { openWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place[Symbol.asyncDispose]());

it.each([
  ["approval: manual", "web.approval: is not supported yet"],
  ["availability_zones: [a, b]", "web.availability_zones: is not supported yet"],
])("a recipe with %s is refused with what to do instead", async (line, message) => {
  place.write("later.yml", `recipes:\n  web:\n    cloud: demo\n    server: web\n    ${line}\n`);
  const { status, out, err } = await place.regild("recipes", "check", "--recipes", "later.yml");
  expect(status).toBe(2);
  expect(out + err).toContain(message);
});
