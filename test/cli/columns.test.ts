import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;

beforeAll(async () => {
  place = await openWorkplace({}, { COLUMNS: "" });
  await place.regild("refresh", "web", "--wait");
});
afterAll(() => place[Symbol.asyncDispose]());

describe("lists", () => {
  it.each([["-f"], ["-o"]])("print one value a line with %s value -c", async (flag) => {
    const { out } = await place.regild("runs", flag, "value", "-c", "RUN");
    expect(out).toMatch(/^web-\d{8}-\d{6}-\w{6}\n$/);
  });

  it("print CSV with a header", async () => {
    const { out } = await place.regild("images", "web", "-o", "csv", "-c", "id", "-c", "state");
    expect(out).toMatch(/^ID,STATE\n[\da-f-]{36},current\n$/);
  });

  it.each([
    [["runs", "-c", "RNU"], "No column is named RNU"],
    [["runs", "-c", "RUN", "-o", "json"], "-c chooses columns of table, value and csv"],
    [["refresh", "web", "-o", "value"], "regild refresh has no columns"],
  ])("refuse %j", async (args, message) => {
    const { status, out, err } = await place.regild(...args);
    expect(status).toBe(2);
    expect(out + err).toContain(message);
  });

  it("are at most 80 wide where nobody says how wide", async () => {
    for (const args of [["status"], ["runs"], ["images", "web"]]) {
      const { out } = await place.regild(...args);
      for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    }
  });
});

it("the help of a command names the options of all commands", async () => {
  const { out } = await place.regild("refresh", "--help");
  for (const option of ["--recipes", "--config", "--data", "--output"]) {
    expect(out).toContain(option);
  }
});

describe("regild runs", () => {
  it.each([
    [["--state", "succeeded"], /^web-\S+\n$/],
    [["--state", "succeeded", "--since", "1h"], /^web-\S+\n$/],
    [["--state", "failed"], /^$/],
  ])("%j shows those runs only", async (filter, shown) => {
    const { out } = await place.regild("runs", ...filter, "-o", "value", "-c", "RUN");
    expect(out).toMatch(shown);
  });

  it("says so when none matches, and refuses a state that is none", async () => {
    expect((await place.regild("runs", "--state", "failed")).out).toBe("No run matches.\n");
    expect((await place.regild("runs", "--state", "faild")).status).toBe(2);
  });
});
