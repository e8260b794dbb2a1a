import { describe, expect, it } from "vitest";
import { handler as checkStatus } from "../../functions/check-status/handler.ts";
import { sqsSample } from "./installation.ts";
import { stageBatch } from "./stage.ts";

const batch = sqsSample("check-status/batch");
const LISTS = /^GET \/.*\/v2\/images\?/;
const SHOWS = /^GET \/.*\/v2\/images\/[^/?]+$/;

async function reconcileBatch(scene = stageBatch()) {
  const answer = await scene.on.call(checkStatus, batch);
  const runs = await Promise.all(scene.made.map(({ id }) => scene.on.run(id)));
  return { ...scene, answer, runs };
}

describe("a batch of checks of one cloud", () => {
  it("is one list call by id, and no call of its own for any run", async () => {
    const { on, made, runs } = await reconcileBatch();
    expect(on.requestsTo(LISTS)).toHaveLength(1);
    for (const { image } of made) expect(on.requestsTo(LISTS)[0]).toContain(image.id);
    expect(on.requestsTo(SHOWS)).toEqual([]);
    expect(runs.map((r) => r.timeline.at(-1)?.text)).toEqual(["saving", "saving", "saving"]);
  });

  it("asks by id for an image that the list leaves out: absent is not gone", async () => {
    const scene = stageBatch();
    const hidden = scene.made[1]?.image;
    if (hidden !== undefined) hidden.hidden = true;
    const { on, runs } = await reconcileBatch(scene);
    expect(on.requestsTo(SHOWS)).toEqual([expect.stringContaining(hidden?.id ?? "none")]);
    expect(runs.map((r) => r.candidate?.missingSinceMs)).toEqual([null, null, null]);
  });

  it("asks by id for all when the list fails", async () => {
    const scene = stageBatch();
    scene.on.cloud.faults.add({
      on: { operation: "image.list", times: Infinity },
      effect: { kind: "status", status: 500 },
    });
    const { on, answer, runs } = await reconcileBatch(scene);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(on.requestsTo(SHOWS)).toHaveLength(3);
    expect(runs.map((r) => r.transientFailures)).toEqual([0, 0, 0]);
  });

  it("leaves runs that are not due out of the list", async () => {
    const scene = stageBatch();
    const early = scene.made[0];
    if (early === undefined) throw new Error("the batch has three runs");
    const run = await scene.on.run(early.id);
    scene.on.putRun({ ...run, reconcileAtMs: scene.on.nowMs + 60_000 }, 7);
    const { on } = await reconcileBatch(scene);
    expect(on.requestsTo(LISTS)[0]).not.toContain(early.image.id);
  });
});

it("a message that comes alone asks by id", async () => {
  const { on } = stageBatch();
  await on.call(checkStatus, sqsSample("check-status/run"));
  expect(on.requestsTo(LISTS)).toEqual([]);
  expect(on.requestsTo(SHOWS)).toHaveLength(1);
});
