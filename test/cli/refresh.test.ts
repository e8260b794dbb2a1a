import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { documentSchema, errorDocument } from "../../local/view/document.ts";
import { imagesDocument } from "../../local/view/images.ts";
import { runsDocument } from "../../local/view/run.ts";
import { statusDocument } from "../../local/view/status.ts";
import { eventSchema } from "../../local/view/steps.ts";
import { runDocument, runReportSchema } from "../../local/view/run-report.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

describe("without a host", () => {
  let place: Workplace;
  beforeAll(async () => {
    place = await openWorkplace();
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("refresh alone is refused, and starts nothing that nobody would do", async () => {
    const { status, out } = await place.regild("refresh", "data", "-o", "json");
    expect(status).toBe(6);
    expect(errorDocument.parse(JSON.parse(out)).error).toMatchObject({
      code: "no-host",
      remedy: expect.stringContaining("regild serve"),
    });
    expect(() => place.read("regild.sqlite")).toThrow("ENOENT");
  });

  it("refresh --wait does the work itself, and says so", async () => {
    const { status, out, err } = await place.regild("refresh", "data", "--wait");
    expect(err).toContain("No host runs on regild.sqlite: this command does the work itself.");
    expect(err).toMatch(/✓ check-status/);
    expect(out).toMatch(/^Current for data: [0-9a-f-]{36}\. \d+ s, \d+ API calls\.\n$/);
    expect(status).toBe(0);
  });

  it("refresh --wait -o jsonl tells each event once, then the run", async () => {
    const { status, out } = await place.regild("refresh", "data", "--wait", "-o", "jsonl");
    expect(status).toBe(0);
    const line = z.union([
      z.extend(documentSchema, { event: z.extend(eventSchema, { run: z.string() }) }),
      z.extend(documentSchema, { run: runReportSchema }),
    ]);
    const lines = out
      .trimEnd()
      .split("\n")
      .map((text) => line.parse(JSON.parse(text)));
    const last = lines.pop();
    expect(last).toMatchObject({ run: { state: "succeeded" } });
    const steps = lines.flatMap((each) =>
      "event" in each && each.event.kind === "step" ? [each.event.step] : [],
    );
    expect(steps).toContain("promote-image");
    expect(new Set(steps).size).toBe(steps.length);
  });

  it("what has happened can be read as documents", async () => {
    const read = async (...args: string[]) => {
      const { status, out } = await place.regild(...args, "-o", "json");
      expect(status).toBe(0);
      return JSON.parse(out) as unknown;
    };
    const { recipes } = statusDocument.parse(await read("status"));
    expect(recipes[1]).toMatchObject({ recipe: "data", last_run: { state: "succeeded" } });
    const { runs, next } = runsDocument.parse(await read("runs", "--limit", "1"));
    expect(runs).toMatchObject([{ recipe: "data", state: "succeeded" }]);
    expect(next).toBe(runs[0]?.id);
    const { run } = runDocument.parse(await read("status", "data"));
    expect(run.steps.flatMap((step) => step.calls.map((call) => call.method))).toContain("POST");
    const { images } = imagesDocument.parse(await read("images", "data"));
    expect(images).toMatchObject([{ state: "current" }, { state: "retired" }]);
    expect(images[0]?.stored_bytes).toBeGreaterThan(0);
  });

  it("cancel of a run that has ended is refused", async () => {
    const { status, err } = await place.regild("cancel", "data");
    expect(status).toBe(6);
    expect(err).toMatch(/has ended already: succeeded/);
  });

  it("a wrong password fails the run, with a code and what to do", async () => {
    place.write(
      "clouds.yaml",
      place.read("clouds.yaml").replace(/password: .*/, "password: wrong"),
    );
    const { status, out } = await place.regild("refresh", "data", "--wait");
    expect(status).toBe(3);
    expect(out).toMatch(/^FAILED sign-in-failed/);
    expect(out).toMatch(/Next +Check the user, password or application credential/);
    expect(out).not.toContain("wrong");

    const checked = await place.regild("status", "--check");
    expect(checked.status).toBe(7);
    expect(checked.err).toBe("1 recipe needs you: regild status data\n");

    const doctor = await place.regild("doctor", "-o", "json");
    expect(doctor.status).toBe(7);
    expect(doctor.out).toContain('"state": "problem"');
  });
});
