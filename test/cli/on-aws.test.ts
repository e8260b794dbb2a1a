import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { randomIds } from "../../local/ids.ts";
import { LOCAL_TIMING } from "../../local/installation.ts";
import { errorDocument } from "../../local/view/document.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import type { Key, Queue, Store } from "../../shared/ports.ts";
import { handleDeadLetter } from "../../shared/protocol/handle-dead-letter.ts";
import { noteTrouble } from "../../shared/protocol/trouble.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { takeHostLock } from "../../local/host-lock.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { recipeState, image, run } from "./records.ts";
import { openStack, type Stack } from "./stack.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const DAY_MS = 86_400_000;
/** Half an hour past full days: whole days and hours stay what they are while tests run. */
const daysAgo = (days: number) => Date.now() - days * DAY_MS - 30 * 60_000;
const stamp = (ms: number) =>
  new Date(ms)
    .toISOString()
    .replace(/[-:]|\.\d+Z/g, "")
    .replace("T", "-");
const AT = { ended: daysAgo(2), failed: daysAgo(1), stuck: daysAgo(3) };
const ENDED = `web-${stamp(AT.ended)}-aaaaaa`;
const FAILED = `web-${stamp(AT.failed)}-bbbbbb`;
const STUCK = `data-${stamp(AT.stuck)}-cccccc`;

/** The same history, whatever it is kept in. */
async function fill(store: Store, queue: Queue): Promise<void> {
  const put = async (key: Key, doc: object, is: { sweepAtMs?: number; day?: string } = {}) => {
    const rest = { sweepAtMs: is.sweepAtMs ?? null, day: is.day ?? null, expiresAtMs: null };
    await store.commit({ key, writeId: "w", ...rest, doc: JSON.stringify(doc) }, 0);
  };
  const ended = async (id: string, atMs: number, is: Partial<Run>) => {
    const times = { startedAtMs: atMs, endedAtMs: atMs + 60_000, deadlineAtMs: atMs + DAY_MS };
    const doc = run({ id, ...times, timeline: [], ...is });
    await put(runKey(id), doc, { day: new Date(times.endedAtMs).toISOString().slice(0, 10) });
  };
  await ended(ENDED, AT.ended, { outcome: "succeeded" });
  const failure = {
    code: "image-vanished",
    message: "The cloud deleted the image.",
    remedy: "Refresh again",
    step: "check-status" as const,
    atMs: AT.failed,
    evidence: [],
  };
  await ended(FAILED, AT.failed, { outcome: "failed", failure });
  const stuck = run({ id: STUCK, recipeName: "data", startedAtMs: AT.stuck, step: "abandon" });
  await put(runKey(STUCK), stuck, { sweepAtMs: Date.now() + DAY_MS });
  const where = { cloud: "demo", region: null, projectId: "project-1", sourceId: "server-1" };
  const images = [
    image("one", { run: ENDED, state: "current", where }),
    image("two", { run: ENDED }),
  ];
  await put(recipeStateKey("web"), recipeState({ current: "one", images }));
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const now = () => daysAgo(1);
  const deps = { store, queue, ids: randomIds, timing: LOCAL_TIMING, now, log };
  const request = { key: runKey(STUCK), version: 1 };
  await noteTrouble(deps, request, new TypeError("image is undefined"));
  await handleDeadLetter(deps, { body: JSON.stringify(request), queue: "abandon" });
}

const policySchema = z.object({
  Statement: z.array(
    z.object({ Sid: z.string(), Action: z.array(z.string()), Resource: z.array(z.string()) }),
  ),
});

/** What the policy in docs/aws-commands.md allows, in this and no other statement, in the gate's words. */
function allowedBy(sid: string): string[] {
  const readme = readFileSync(new URL("../../docs/aws-commands.md", import.meta.url), "utf8");
  const text = /^```json\n(\{\n {2}"Version".*?)^```$/ms.exec(readme)?.[1] ?? "";
  const { Statement } = policySchema.parse(JSON.parse(text));
  return Statement.filter(({ Sid }) => Sid.startsWith(sid))
    .flatMap(({ Action, Resource }) =>
      Action.flatMap((action) =>
        Resource.flatMap((of) => {
          const index = /\/(index\/\w+)$/.exec(of)?.[1];
          if (index === undefined) return [action];
          return action === "dynamodb:Query" ? [`${action} ${index}`] : [];
        }),
      ),
    )
    .toSorted();
}

const open: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

/** A place whose environment names a stack, empty unless it is filled. */
async function atStack(env: NodeJS.ProcessEnv = {}): Promise<{ place: Workplace; stack: Stack }> {
  const stack = await openStack();
  open.push(() => stack.close());
  const place = await openWorkplace({}, { ...stack.env, ...env });
  open.push(async () => place[Symbol.asyncDispose]());
  return { place, stack };
}

async function runsIn({ store }: Stack, recipe: string): Promise<Run[]> {
  const { items } = await store.range(`R#${recipe}`, "run#", 10);
  return items.map(({ doc }) => runSchema.parse(JSON.parse(doc)));
}

describe("what is read there looks as it does from a data file", () => {
  let here: Workplace;
  let there: Workplace;
  let stack: Stack;
  beforeAll(async () => {
    stack = await openStack();
    there = await openWorkplace({}, stack.env);
    here = await openWorkplace();
    await fill(stack.store, stack.queue);
    const db = openDatabase(join(here.folder, "regild.sqlite"));
    await fill(new SqliteStore(db), new SqliteQueue(db, () => Date.now()));
    db.close();
  });
  afterAll(async () => {
    await there[Symbol.asyncDispose]();
    await here[Symbol.asyncDispose]();
    await stack.close();
  });

  it.each([
    [["runs"], 0, FAILED],
    [["runs", "web", "--limit", "1"], 0, FAILED],
    [["status"], 0, "FAILED image-vanished"],
    [["status", "--check"], 7, "FAILED image-vanished"],
    [["status", "web"], 0, "The cloud deleted the image."],
    [["status", STUCK.slice(0, -4)], 0, STUCK],
    [["status", ENDED, "-o", "json"], 0, ENDED],
    [["images", "web"], 0, "current"],
    [["verify", "one"], 7, "Not verified."],
    [["retry"], 0, "TypeError: image is undefined"],
    [["retry", "--all", "--dry-run"], 0, `${STUCK} would be sent to abandon`],
    [["cancel", ENDED], 6, ""],
    [["status", "nosuch"], 2, ""],
  ])("regild %j", async (args, status, says) => {
    const letGo = takeHostLock(join(here.folder, "regild.sqlite"));
    const [file, aws] = await Promise.all([here.regild(...args), there.regild(...args)]);
    letGo?.();
    // On AWS there is no host to tell of.
    expect(aws).toEqual({ ...file, out: file.out.replace("\nhost: running\n", "") });
    expect(aws.status).toBe(status);
    expect(aws.out).toContain(says);
  });

  it("makes no data file, and takes no more permissions than the documented policy has", () => {
    expect(() => there.read("regild.sqlite")).toThrow("ENOENT");
    expect([...stack.gate.passed].toSorted()).toEqual(allowedBy("Look"));
  });
});

describe("regild refresh on AWS", () => {
  it("starts a run there, as it stands in recipes.yml here, and names it", async () => {
    const { place, stack } = await atStack();
    const { status, out, err } = await place.regild("refresh", "web");
    const [started] = await runsIn(stack, "web");
    expect(started).toMatchObject({ step: "prepare-source", recipe: { name: "web", keep: 3 } });
    expect(started?.trigger).toMatchObject({ kind: "command" });
    expect(out).toBe(
      `Run ${started?.id}: recipe web. How it stands: regild status ${started?.id}\n`,
    );
    expect(err).toBe(`On AWS, table ${stack.table}:\n`);
    expect(status).toBe(0);
    const key = runKey(started?.id ?? "");
    expect(await stack.messages("prepare-source")).toEqual([JSON.stringify({ key, version: 1 })]);
    expect(await stack.store.get({ pk: "K#home", sk: "t" })).not.toBeNull();
  });

  it("with --wait follows it to its end, and tells how that was", async () => {
    const { place, stack } = await atStack();
    stack.work(place);
    const { status, out, err } = await place.regild("refresh", "data", "--wait");
    expect(err).toContain(`On AWS, table ${stack.table}:`);
    expect(err).toMatch(/✓ promote-image/);
    expect(err).not.toContain("does the work itself");
    expect(out).toMatch(/^Current for data: [0-9a-f-]{36}\. \d+ s, \d+ API calls\.\n$/);
    expect(status).toBe(0);
  });

  it("with --wait ends with 3 when the run fails there", async () => {
    const { place, stack } = await atStack();
    place.write("recipes.yml", "recipes: { web: { cloud: demo, server: nosuch } }");
    stack.work(place);
    const { status, out } = await place.regild("refresh", "web", "--wait");
    expect(out).toMatch(/^FAILED source-not-found/);
    expect(status).toBe(3);
  });

  it("with --timeout leaves a run that goes on", async () => {
    const { place, stack } = await atStack();
    const { status, err } = await place.regild("refresh", "web", "--timeout", "1s");
    expect(status).toBe(5);
    expect(err).toMatch(/--timeout has passed; run web-\S+ goes on\n/);
    expect((await runsIn(stack, "web"))[0]?.outcome).toBeNull();
  });

  it("says so when the schedule went by another recipe: what was deployed differs, or did", async () => {
    const { place, stack } = await atStack();
    const started = async () => (await place.regild("refresh", "web")).err;
    await started();
    const [as] = await runsIn(stack, "web");
    const scheduled = async (keep: number) => {
      const id = `web-${stamp(Date.now() + keep * 1000)}-dddddd`;
      const trigger = { kind: "schedule" as const, by: "schedule", id };
      const doc = { ...as, id, trigger, recipe: { ...as?.recipe, keep } };
      const rest = { writeId: "w", sweepAtMs: null, day: null, expiresAtMs: null };
      await stack.store.commit({ key: runKey(id), ...rest, doc: JSON.stringify(doc) }, 0);
    };
    await scheduled(3);
    expect(await started()).not.toContain("by schedule");
    await scheduled(5);
    expect(await started()).toMatch(
      /! This run goes by recipes\.yml\. The last one by schedule \(today .*\) went by another web/,
    );
  });
});

describe("regild cancel and retry on AWS", () => {
  it("cancel asks for the end of the run, which the functions see to", async () => {
    const { place, stack } = await atStack();
    await place.regild("refresh", "web");
    const [started] = await runsIn(stack, "web");
    const { status, out, err } = await place.regild("cancel", "web");
    expect(out).toContain(`Run ${started?.id} is being cancelled.`);
    expect(err).not.toContain("No host runs");
    expect(status).toBe(0);
    const item = await stack.store.get(runKey(started?.id ?? ""));
    expect(item).toMatchObject({ version: 1, cancelAtMs: expect.any(Number) });
    expect(item?.sweepAtMs).toBe(item?.cancelAtMs);
    const again = place.begin("cancel", "web", "--wait");
    await again.said(": recipe web on demo");
    stack.work(place);
    expect((await again.ended).status).toBe(0);
    expect((await runsIn(stack, "web"))[0]?.outcome).toBe("cancelled");
    expect((await place.regild("cancel", "web")).status).toBe(6);
  });

  it("retry puts back what nobody could process, once", async () => {
    const { place, stack } = await atStack();
    await fill(stack.store, stack.queue);
    const { status, out, err } = await place.regild("retry", "--all");
    expect({ status, out }).toEqual({ status: 0, out: `✓ ${STUCK} sent to abandon\n` });
    expect(err).not.toContain("No host runs");
    expect(await stack.messages("abandon")).toEqual([
      JSON.stringify({ key: runKey(STUCK), version: 1 }),
    ]);
    const again = await place.regild("retry", "--all");
    expect(again.out).toBe("No dead letter has to be put back.\n");
  });
});

it("steering takes no more permissions than the documented policy has", async () => {
  const { place, stack } = await atStack();
  await fill(stack.store, stack.queue);
  for (const args of [
    ["refresh", "web"],
    ["cancel", "web"],
    ["retry", "--all"],
  ]) {
    expect((await place.regild(...args)).status).toBe(0);
  }
  const looks = new Set(allowedBy("Look"));
  const beyond = [...stack.gate.passed].filter((action) => !looks.has(action));
  expect(beyond.toSorted()).toEqual(allowedBy("Steer"));
});

describe("the life of an image on AWS", () => {
  it("is steered from here, and the functions carry it out", { timeout: 240_000 }, async () => {
    const { place, stack } = await atStack();
    place.write(
      "recipes.yml",
      "recipes: { web: { cloud: demo, server: web, promote: approve, keep: 1, cooling_off: 0s } }",
    );
    stack.work(place);
    const regild = async (...args: string[]) => {
      const { status, out, err } = await place.regild(...args);
      expect([args, err, status]).toEqual([args, err, 0]);
      return out;
    };
    const images = () => [...place.cloud.world.firstZone.images.values()].slice(1);
    for (let n = 0; n < 2; n++) {
      expect((await place.regild("refresh", "web", "--wait")).status).toBe(5);
      await regild("approve", "web", "--wait");
      const [first] = images();
      if (n === 0) await regild("pin", first?.id ?? "", "--reason", "release 4.2");
    }
    expect(images()).toHaveLength(2);
    expect(await regild("history", "web")).toContain("became current");
    await regild("pause", "web", "--reason", "storage", "--for", "1h");
    expect((await place.regild("refresh", "web")).status).toBe(6);
    expect(await regild("status")).toContain("paused until");
    await regild("resume", "web");
    expect((await place.regild("refresh", "web", "--wait")).status).toBe(5);
    await regild("reject", "web", "--reason", "wrong kernel", "--wait");
    expect(images().map(({ status }) => status)).toEqual(["active", "active"]);
    // From now on, the functions may delete it.
    await regild("unpin", images()[0]?.id ?? "");
  });
});

describe("what is wrong is told with its remedy, before anything is changed", () => {
  it("variables that are missing, all at once", async () => {
    const { place } = await atStack({ AWS_ACCESS_KEY_ID: "", REGILD_QUEUE_URL_PREFIX: "" });
    const { status, out, err } = await place.regild("refresh", "web");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain("REGILD_QUEUE_URL_PREFIX is not set.");
    expect(err).toContain("AWS_ACCESS_KEY_ID is not set.");
    expect(err).toContain("→ The stack's output CommandLine sets all but credentials");
    expect(err).toContain('eval "$(aws configure export-credentials --format env)"');
  });

  it.each([
    ["dynamodb:*", "UnrecognizedClientException", /Check AWS_ACCESS_KEY_ID, .* may have expired/],
    ["dynamodb:*", "ExpiredTokenException", /Check AWS_ACCESS_KEY_ID/],
    ["dynamodb:GetItem", "AccessDeniedException", /Allow dynamodb:GetItem on regild-1 to this/],
    ["dynamodb:UpdateItem", "AccessDeniedException", /Allow dynamodb:UpdateItem on regild-1/],
  ])("%s answered by %s", async (action, code, remedy) => {
    const { place, stack } = await atStack();
    stack.gate.refuse(action, code, "AWS quotes what was sent");
    const { status, out } = await place.regild("refresh", "web", "-o", "json");
    const { error } = errorDocument.parse(JSON.parse(out));
    expect(status).toBe(1);
    expect(error).toMatchObject({ code, remedy: expect.stringMatching(remedy) });
    expect(error.request_ids).toEqual(["REQ-1"]);
    expect(out.includes("quotes")).toBe(code === "AccessDeniedException");
    expect(await runsIn(stack, "web")).toEqual([]);
    expect(await stack.messages("prepare-source")).toEqual([]);
  });

  it("a table that is not there", async () => {
    const { place } = await atStack({ REGILD_TABLE: "regild-prod-Table-GONE" });
    for (const args of [["runs"], ["refresh", "web"], ["cancel", "web"], ["retry"]]) {
      const { status, err } = await place.regild(...args);
      expect(err).toContain("table regild-prod-Table-GONE: ResourceNotFoundException");
      expect(err).toContain("→ There is no such table in eu-west-1: deploy the stack, or correct");
      expect(status).toBe(1);
    }
  });

  it("a way to AWS that is none", async () => {
    const { place } = await atStack({ AWS_ENDPOINT_URL: "http://127.0.0.1:9" });
    const { status, out } = await place.regild("status", "-o", "json");
    expect(status).toBe(1);
    expect(errorDocument.parse(JSON.parse(out)).error).toMatchObject({
      code: "no-answer",
      remedy: expect.stringContaining("this network's way to AWS"),
    });
  });

  it("a run that was written down begins by the sweep when its message may not be sent", async () => {
    const { place, stack } = await atStack();
    stack.gate.refuse("sqs:SendMessage", "AccessDeniedException");
    const { status, out, err } = await place.regild("refresh", "web");
    expect(out).toMatch(/^Run web-/);
    expect(err).toContain("! The run begins within two minutes, since its message was not sent: ");
    expect(err).toContain("Allow sqs:SendMessage on ");
    expect(status).toBe(0);
    const [started] = await runsIn(stack, "web");
    const item = await stack.store.get(runKey(started?.id ?? ""));
    expect(item?.sweepAtMs).toBeLessThan(Date.now() + 61_000);
  });

  it("a dead letter that may not be sent is not noted as put back", async () => {
    const { place, stack } = await atStack();
    await fill(stack.store, stack.queue);
    stack.gate.refuse("sqs:SendMessage", "AccessDeniedException");
    expect((await place.regild("retry", "--all")).status).toBe(1);
    expect((await place.regild("retry")).err).toContain("Once the cause is fixed");
  });

  it("credentials that end while somebody watches: the run goes on", async () => {
    const { place, stack } = await atStack();
    const watching = place.begin("refresh", "web", "--wait");
    await watching.said(": recipe web on demo");
    stack.gate.refuse("dynamodb:*", "ExpiredTokenException");
    const { status, err } = await watching.ended;
    expect(err).toMatch(/Run web-\S+ goes on, and can be seen no longer:\n/);
    expect(err).toContain("Check AWS_ACCESS_KEY_ID");
    expect(status).toBe(1);
  });
});

describe("commands of one machine", () => {
  it.each([["serve"], ["demo"]])("regild %s is refused", async (command) => {
    const { place } = await atStack();
    const { status, err } = await place.regild(command);
    expect(status).toBe(2);
    expect(err).toContain(", and the environment names a stack on AWS, regild-1\n");
    expect(err).toContain("→ Unset REGILD_TABLE and REGILD_QUEUE_URL_PREFIX, or name a file");
  });

  it("doctor says whose clouds.yaml it looks at", async () => {
    const { place } = await atStack();
    const { err } = await place.regild("doctor");
    expect(err).toContain("with the clouds.yaml of this machine");
  });

  it("--data goes before the environment, and REGILD_DATA beside it is a contradiction", async () => {
    const { place, stack } = await atStack({ REGILD_DATA: "x.sqlite" });
    openDatabase(join(place.folder, "y.sqlite")).close();
    expect((await place.regild("runs", "--data", "y.sqlite")).status).toBe(0);
    const { status, err } = await place.regild("runs");
    expect(status).toBe(2);
    expect(err).toContain("REGILD_DATA names a data file, and REGILD_TABLE a table on AWS");
    expect(stack.gate.passed.size).toBe(0);
  });
});
