import { afterEach, beforeEach, expect, it } from "vitest";
import { found, problemsIn } from "../../../local/demo/check-cloud.ts";
import { emptyRecipeState, recipeStateKey } from "../../../shared/image/recipe-state.ts";
import type { Key } from "../../../shared/ports.ts";
import { deadLetters } from "../../../shared/protocol/dead-letter.ts";
import { runKey } from "../../../shared/run/run-id.ts";
import { runAt, startRun, untilRun } from "./demo-runs.ts";
import { openDemoStack } from "./demo-stage.ts";
import type { Batch } from "./event-source.ts";

/** As the template has it: the clock jumps to its end. */
const VISIBILITY_MS = 1_800_000;
const MAX_RECEIVES = 5;

let stage: Awaited<ReturnType<typeof openDemoStack>>;
beforeEach(async () => {
  stage = await openDemoStack();
});
afterEach(() => stage[Symbol.asyncDispose]());

/** Writes what no function of Regild would. */
async function writeByHand(key: Key, doc: string, version: number): Promise<void> {
  const write = { key, writeId: "by hand", sweepAtMs: null, day: null, expiresAtMs: null, doc };
  expect(await stage.backend.store.commit(write, version)).toBe("won");
}

/** What the sweep sends anew must not do what a message itself is to do. */
const withoutSweep = () => stage.stack.stopSchedules();

const isFirst = ({ messages }: Batch) => messages.every(({ receives }) => receives === 1);

it("of a batch, only the message whose record is damaged comes back", async () => {
  withoutSweep();
  const { stack, backend } = stage;
  const ids = await Promise.all(["web", "db", "data"].map((name) => startRun(stage, name)));
  for (const id of ids) await untilRun(stage, id, ({ step }) => step === "check-status");
  const [damaged = ""] = ids;
  const { version } = await runAt(stage, damaged);
  await writeByHand(runKey(damaged), "{}", version);
  const { batches } = stack.source("check-status");
  const before = batches.length;
  for (const id of ids) {
    const key = runKey(id);
    const item = await backend.store.get(key);
    await backend.queue.send("check-status", { key, version: item?.version ?? 0 }, 0);
  }
  const failing = () => batches.slice(before).filter(({ failed }) => failed.size > 0);
  await stack.until(async () => failing().length === 2, { withinMinutes: 60 });

  const [first, again] = failing();
  expect(first?.messages.length).toBeGreaterThanOrEqual(3);
  expect(first?.failed.size).toBe(1);
  expect(again?.messages).toEqual([{ id: [...(first?.failed ?? [])][0], receives: 2 }]);
  expect((again?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(VISIBILITY_MS);
  const received = batches.slice(before).filter((batch) => batch !== again);
  expect(received.filter((batch) => !isFirst(batch))).toEqual([]);
});

it("a message that fails too often ends with the dead letters: its run fails, and tells why", async () => {
  withoutSweep();
  const { stack, backend } = stage;
  await writeByHand(recipeStateKey("data"), "{}", 0);
  const id = await startRun(stage, "data");
  const failed = await untilRun(stage, id, ({ failure }) => failure !== null, {
    withinMinutes: 180,
  });
  const { batches } = stack.source("prepare-source");
  expect(batches.map(({ messages }) => messages[0]?.receives)).toEqual([1, 2, 3, 4, 5]);
  const [firstMs = 0, lastMs = 0] = [batches[0]?.atMs, batches.at(-1)?.atMs];
  expect(lastMs - firstMs).toBeGreaterThanOrEqual((MAX_RECEIVES - 1) * VISIBILITY_MS);
  expect(failed.failure).toMatchObject({ code: "internal-error", step: "prepare-source" });
  expect(failed.failure?.message).toMatch(/ZodError: schema: .* \(tried 5 times\)$/);
  expect(await deadLetters(backend.store, backend.now())).toMatchObject([
    { id, kind: "run", queue: "prepare-source", done: "failed", error: { name: "ZodError" } },
  ]);

  await writeByHand(
    recipeStateKey("data"),
    JSON.stringify(emptyRecipeState("data", backend.installationId)),
    1,
  );
  const ended = await untilRun(stage, id, ({ outcome }) => outcome !== null, { withinMinutes: 60 });
  expect(ended).toMatchObject({ outcome: "failed", failure: failed.failure });
});

/** Every process of the function ends as soon as AWS or the cloud has done what it asked for, before it hears of it. */
function killAt(name: string, isIt: (request: { method: string; body: string }) => boolean): void {
  const { cloud, stack } = stage;
  let isOver = false;
  const observe = (method: string, body = ""): void => {
    if (isOver || !isIt({ method, body })) return;
    isOver = true;
    stack.function(name).kill();
  };
  const exchange = cloud.exchange.bind(cloud);
  cloud.exchange = (request) => {
    const answer = exchange(request);
    observe(request.method, request.body);
    return answer;
  };
  const { arn } = stack.function(name).role;
  stack.parts.front.seen = ({ caller, action, body }) => {
    if (caller === arn) observe(action, body);
  };
}

const KILLED = expect.stringContaining("the process ended (SIGKILL) before its answer");

it("a function killed before it has written anything is made good by its own message", async () => {
  withoutSweep();
  const { stack } = stage;
  const id = await startRun(stage, "data");
  killAt("prepare-source", ({ method }) => method === "dynamodb:GetItem");
  const run = await untilRun(stage, id, ({ outcome }) => outcome !== null, { withinMinutes: 60 });
  const [killed, again] = stack.source("prepare-source").batches;
  expect(killed?.failed.size).toBe(1);
  expect(again?.messages).toEqual([{ id: killed?.messages[0]?.id, receives: 2 }]);
  expect((again?.atMs ?? 0) - (killed?.atMs ?? 0)).toBeGreaterThanOrEqual(VISIBILITY_MS);
  expect(run).toMatchObject({ outcome: "succeeded" });
  expect(stack.troubles).toEqual([KILLED]);
});

it("a function killed while it creates an image: the sweep goes on, and its message comes back in vain", async () => {
  const { stack, cloud } = stage;
  const before = found(cloud.world);
  killAt("create-image", ({ body }) => body.includes("os-volume_upload_image"));
  const id = await startRun(stage, "data");
  const run = await untilRun(stage, id, ({ outcome }) => outcome !== null, { withinMinutes: 20 });
  expect(run).toMatchObject({ outcome: "succeeded", attempt: 1, unansweredAttempts: [] });
  expect(run.timeline.filter(({ kind }) => kind === "intent")).toHaveLength(1);
  expect(run.timeline.map(({ text }) => text)).toContain("found by its name");
  const { batches } = stack.source("create-image");
  const isBack = ({ messages }: Batch) =>
    messages[0]?.id === batches[0]?.messages[0]?.id && messages[0]?.receives === 2;
  await stack.until(async () => batches.some(isBack), { withinMinutes: 60 });
  expect(batches.find(isBack)?.failed.size).toBe(0);
  expect((await runAt(stage, id)).version).toBe(run.version);
  expect(problemsIn(cloud, new Map([["data", run.candidate?.id ?? ""]]), before)).toEqual([]);
  expect(stack.troubles).toEqual([KILLED]);
});
