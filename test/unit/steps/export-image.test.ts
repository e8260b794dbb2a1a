import { describe, expect, it } from "vitest";
import type { ImageJob } from "../../../shared/image-jobs.ts";
import { exportBegun, exportLeft } from "../../../shared/run/exported.ts";
import type { ImageExport, Run } from "../../../shared/run/record.ts";
import { decideExport, exportJob, type SeenExport } from "../../../shared/steps/export-image.ts";
import { CloudError, type RefusalCode } from "../../../shared/openstack/errors.ts";
import { candidate, HOUR, MINUTE, NOW, recipe, run } from "../builders.ts";

const TO = "golden-images:web-image-new.qcow2";
const of = (imageExport?: Partial<ImageExport>): Run => ({
  ...run({
    step: "clean-up-snapshots",
    promoted: true,
    candidate: candidate(),
    recipe: recipe({ exportTo: { bucket: "golden-images", format: "qcow2" } }),
  }),
  ...(imageExport === undefined
    ? {}
    : { imageExport: { ...exportBegun(TO, NOW - MINUTE), ...imageExport } }),
});
const job = (is: Partial<ImageJob>): ImageJob => ({
  status: "RUNNING",
  imageId: null,
  diskImages: [],
  errorCode: null,
  meaning: null,
  failReason: null,
  ...is,
});
const decide = (on: Run, seen: Partial<SeenExport> = {}, nowMs = NOW) =>
  decideExport(on, { isCurrent: true, job: null, earlierSeconds: [], ...seen }, nowMs);
const refused = (on: Run, code: RefusalCode) =>
  exportJob.refused?.(on, new CloudError("no", { kind: "refused", code }), NOW).imageExport;

describe("the export of a promoted image", () => {
  it("is written down, frees the source, and is asked for after that", () => {
    expect(decide(of())).toMatchObject({
      kind: "act",
      act: { kind: "begin-export" },
      set: { imageExport: exportBegun(TO, NOW) },
    });
    expect(decide(of({}))).toMatchObject({ kind: "intend", intent: "export-image" });
  });

  it("is not begun for an image that a person went back from, nor after the deadline", () => {
    expect(decide(of(), { isCurrent: false })).toMatchObject({
      kind: "note",
      set: { imageExport: { problem: { message: "the image is not current any more" } } },
    });
    expect(decide(of(), {}, NOW + 6 * HOUR)).toMatchObject({
      kind: "note",
      set: { imageExport: { problem: { message: "the run had no time left for it" } } },
    });
  });

  it("is waited for while its job is under way, whatever is current by then", () => {
    const seen = { isCurrent: false, job: job({}) };
    expect(decide(of({ jobId: "j" }), seen)).toMatchObject({
      kind: "wait",
      text: "export RUNNING",
    });
    const expected = decide(of({ jobId: "j" }), { ...seen, earlierSeconds: [1000] });
    expect(expected).toMatchObject({ kind: "wait", seconds: 893 });
  });

  it("is done when its job is, also after the deadline, and its time is remembered", () => {
    const done = { job: job({ status: "SUCCESS" }) };
    expect(decide(of({ jobId: "j" }), done, NOW + 6 * HOUR)).toMatchObject({
      kind: "act",
      act: { kind: "end-export", seconds: 6 * 3600 + 60 },
      set: { imageExport: { doneAtMs: NOW + 6 * HOUR } },
    });
  });

  it("has failed when its job has, with the reason of IMS and what its code means", () => {
    const failed = job({ status: "FAIL", failReason: "no room", errorCode: "IMG.0069" });
    expect(
      decide(of({ jobId: "j" }), { job: { ...failed, meaning: "bucket-unfit" } }),
    ).toMatchObject({
      set: {
        imageExport: {
          problem: { message: "no room (IMG.0069)", remedy: expect.stringContaining("Standard") },
        },
      },
    });
  });

  it("is asked for anew if its job is not known any more", () => {
    expect(decide(of({ jobId: "j" }))).toMatchObject({
      kind: "note",
      set: { imageExport: { jobId: null, isUnsure: true } },
    });
  });

  it("is waited for while IMS is busy with it, before it is asked for again", () => {
    const busy = of({ busyAtMs: NOW, isUnsure: true });
    expect(decide(busy)).toMatchObject({ kind: "wait", seconds: 4 });
    expect(decide(busy, {}, NOW + 45_000)).toMatchObject({ kind: "intend" });
  });
});

describe("a refusal of the export", () => {
  it("proves the file if an earlier call had no answer, and else says that it is another's", () => {
    expect(refused(of({ isUnsure: true }), "file-exists")).toMatchObject({ doneAtMs: NOW });
    expect(refused(of({}), "file-exists")).toMatchObject({
      doneAtMs: null,
      problem: { remedy: expect.stringContaining("Look into the bucket") },
    });
  });

  it("as busy says when, and nothing else; others are the end of it", () => {
    expect(refused(of({}), "busy")).toMatchObject({ busyAtMs: NOW, problem: null });
    const problem = { message: "no" };
    expect(refused(of({}), "not-exportable")).toMatchObject({ busyAtMs: null, problem });
  });

  it("is told with the image and the file", () => {
    const problem = { message: "no", remedy: "" };
    expect(exportLeft(of({ problem }))).toBe(`image image-new is not exported to ${TO}: no`);
    expect(exportLeft(of({ doneAtMs: NOW }))).toBeNull();
  });
});
