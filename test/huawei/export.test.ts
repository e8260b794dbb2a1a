import { describe, expect, it } from "vitest";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { load } from "../../shared/protocol/actor.ts";
import { sourceKey, sourceSchema } from "../../shared/source/item.ts";
import { viewRunReport } from "../../local/view/run-report.ts";
import { runReportText } from "../../local/cli/text/run-report.ts";
import { MINUTE } from "../unit/builders.ts";
import { ImsInstallation } from "./ims-installation.ts";

const BUCKET = "golden-images";
const FORMAT = "qcow2";
const isAsked = ({ imageExport }: Run): boolean => imageExport?.jobId != null;

function installation(is: Partial<Recipe> = {}): { on: ImsInstallation; of: Recipe } {
  const on = new ImsInstallation();
  on.cloud.buckets.set(BUCKET, new Map());
  return { on, of: on.recipe({ exportTo: { bucket: BUCKET, format: FORMAT }, ...is }) };
}

function files({ cloud }: ImsInstallation): Array<[string, string]> {
  cloud.settle();
  return [...(cloud.buckets.get(BUCKET) ?? [])];
}

async function report(on: ImsInstallation, run: Run) {
  const record = { run, recipeState: await on.recipeState(), sources: [] };
  return viewRunReport({ ...record, cancelAtMs: null }, on.cloud.nowMs);
}

describe("the export of an image that has become current", () => {
  it("is asked for once, in the recipe's format, into a file that bears the image's id", async () => {
    const { on, of } = installation();
    const run = await on.refresh(of);
    const file = `web-${run.candidate?.id}.qcow2`;
    expect(on.cloud.exports).toEqual([{ bucket_url: `${BUCKET}:${file}`, file_format: FORMAT }]);
    expect(files(on)).toEqual([[file, run.candidate?.id]]);
    expect(run).toMatchObject({ outcome: "succeeded", leftovers: [] });
    const shown = await report(on, run);
    expect(shown.export).toMatchObject({ to: `${BUCKET}:${file}`, state: "done", problem: null });
    const text = runReportText(shown, on.cloud.nowMs, (_, plain) => plain).join("\n");
    expect(text).toContain(`Exported  ${BUCKET}:${file}`);
  });

  it("is fast without a format, where the recipe says zvhd2", async () => {
    const { on, of } = installation({ exportTo: { bucket: BUCKET, format: "zvhd2" } });
    const { candidate } = await on.refresh(of);
    const url = `${BUCKET}:web-${candidate?.id}.zvhd2`;
    expect(on.cloud.exports).toEqual([{ bucket_url: url, is_quick_export: true }]);
  });

  it("is checked as seldom as the job that makes the image, and lets other runs have the source", async () => {
    const { on, of } = installation();
    const jobs = (): number => on.cloud.requests.filter((each) => each.includes("/jobs/")).length;
    const id = await on.begin(of);
    const before = await on.follow(id, isAsked);
    const checks = jobs();
    const source = await load(on.deps.store, sourceKey(on.serverId), sourceSchema);
    expect(source?.doc.owner).toBeNull();
    const shown = await report(on, before);
    expect(shown.export).toMatchObject({ state: "running", job: before.imageExport?.jobId });
    await on.follow(id);
    // As a first upload: in gaps of 8 %.
    expect(jobs() - checks).toBeLessThan(70);
    const second = await on.follow(await on.begin(of), isAsked);
    const later = jobs();
    await on.follow(second.id);
    expect(jobs() - later).toBeLessThan(5);
  });

  it("is asked for again under the same name after a lost answer, and made once", async () => {
    const { on, of } = installation();
    on.cloud.lostExports = 1;
    const run = await on.refresh(of);
    expect(new Set(on.cloud.exports.map(({ bucket_url: url }) => url)).size).toBe(1);
    const exports = [...on.cloud.jobs.values()].filter(({ type }) => type.includes("Export"));
    expect(exports).toHaveLength(1);
    expect(files(on)).toHaveLength(1);
    expect(run).toMatchObject({ outcome: "succeeded", leftovers: [] });
    expect(run.imageExport?.doneAtMs).not.toBeNull();
  });

  it.each([
    ["IMG.0069", "Standard"],
    ["IMG.0070", "Look into the bucket"],
    ["IMG.0071", "zvhd2"],
    ["IMG.0160", "zvhd2"],
    ["IMG.0026", "permission"],
  ])(
    "that is refused with %s leaves the image current, and says what to do",
    async (code, remedy) => {
      const { on, of } = installation();
      on.cloud.exportRefusals = [code];
      const run = await on.refresh(of);
      expect(run).toMatchObject({ outcome: "succeeded", promoted: true, failure: null });
      expect((await on.recipeState()).current).toBe(run.candidate?.id);
      expect(run.leftovers).toEqual([expect.stringContaining(code)]);
      expect(run.leftovers[0]).toMatch(/^image \S+ is not exported to golden-images:/);
      expect(on.cloud.exports).toHaveLength(1);
      const shown = await report(on, run);
      expect(shown.export?.problem?.remedy).toContain(remedy);
      const text = runReportText(shown, on.cloud.nowMs, (_, plain) => plain).join("\n");
      expect(text).toMatch(/Left +image \S+ is not exported/);
      expect(text).toContain(shown.export?.problem?.remedy);
    },
  );

  it.each(["IMG.0060", "IMG.0148"])("is asked for again after %s", async (code) => {
    const { on, of } = installation();
    on.cloud.exportRefusals = [code];
    const run = await on.refresh(of);
    expect(run.leftovers).toEqual([]);
    expect(files(on)).toHaveLength(1);
  });

  it("may fail at its end: the reason of IMS is in the run's report", async () => {
    const { on, of } = installation();
    on.cloud.exportFailures = [{ code: "IMG.0014", reason: "An exception occurred" }];
    const run = await on.refresh(of);
    expect(run.outcome).toBe("succeeded");
    expect(run.leftovers.join()).toContain("An exception occurred (IMG.0014)");
    expect(files(on)).toEqual([]);
  });

  it("is given up at the run's deadline, and not before while IMS does not answer", async () => {
    const { on, of } = installation({ deadlineMs: 30 * MINUTE });
    on.cloud.exportSeconds = 7200;
    const run = await on.refresh(of);
    expect(run.outcome).toBe("succeeded");
    const job = run.imageExport?.jobId;
    expect(run.leftovers.join()).toContain(`job ${job} had not ended by the run's deadline`);
    expect(run.endedAtMs ?? 0).toBeGreaterThanOrEqual(run.deadlineAtMs);
    expect((await report(on, run)).export?.problem?.remedy).toContain("Raise deadline");
  });

  it("is asked for anew if IMS has forgotten the job, and the file proves it", async () => {
    const { on, of } = installation();
    const id = await on.begin(of);
    await on.follow(id, isAsked);
    const job = (await on.run(id)).imageExport?.jobId ?? "";
    on.cloud.nowMs += 20 * MINUTE;
    on.cloud.settle();
    on.cloud.jobs.delete(job);
    const run = await on.follow(id);
    expect(run.leftovers).toEqual([]);
    expect(run.imageExport?.doneAtMs).not.toBeNull();
    expect(files(on)).toHaveLength(1);
  });
});
