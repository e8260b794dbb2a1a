import { addResources, markTemporaryForDeletion } from "../image/backing-resources.ts";
import {
  opText,
  planResources,
  removeResources,
  type ResourcePlan,
} from "../image/resource-removal.ts";
import { seeResources } from "../image/resources-seen.ts";
import type { BackingResource, RecipeState } from "../image/recipe-state.ts";
import { notOfTest } from "../image/test-server.ts";
import type { Image, ProbeAnswer, Server } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import { temporaryResources } from "../run/created-by-run.ts";
import { matchedLine, tailOf } from "../run/console.ts";
import { passedTestText } from "../run/passed-test.ts";
import type { Run, TestServer } from "../run/record.ts";
import type { TestBoot } from "../recipe/recipe.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";

interface Seen {
  recipeState: RecipeState;
  /** Null: 404. */
  image: Image | null;
  /** The server under test. Null: there is none, or 404. */
  server: Server | null;
  /** Null: not asked for, or the cloud shows none. */
  console: string | null;
  /** Null: not asked. */
  probe: ProbeAnswer | null;
  /** What is left of a server that has passed. */
  removal: ResourcePlan | null;
}

type Act =
  | { kind: "register" | "mark-for-deletion" }
  | { kind: "remove"; ops: ResourcePlan["ops"] };

/** Right after its create, Nova may not show a server yet. */
const SHOWN_AFTER_MS = 60_000;
/** The last server may go after that while the run goes on: the inventory deletes it. */
const PATIENCE_MS = 300_000;

/**
 * Boots a server from the candidate, in one availability zone after the other, reads its console until the expected line
 * is there, and asks it over its network. Nova keeps the end of a console only, so it is read again and again. Then server and volumes go.
 */
export const testBoot = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const { testServer } = run;
  const recipeState = await ctx.recipeState();
  const seen: Seen = {
    recipeState,
    image: null,
    server: null,
    console: null,
    probe: null,
    removal: null,
  };
  if (testServer === null)
    return { ...seen, image: await ctx.cloud.images.image(candidateOf(run).id) };
  if (hasPassed(run, testServer)) {
    const deleting = leftOf(run, recipeState);
    const resources = await seeResources(ctx, deleting);
    return { ...seen, removal: planResources(deleting, resources, ctx.now()) };
  }
  const server = await ctx.cloud.compute.server(testServer.id);
  if (server?.status !== "ACTIVE") return { ...seen, server };
  const { expect, probe: wish } = testOf(run);
  const { testServers } = ctx.cloud;
  const [console, probe] = await Promise.all([
    expect === null ? null : testServers.console(testServer.id),
    wish === null || notTheTests(run, testServer, server) !== null
      ? null
      : testServers.probe(server, wish),
  ]);
  return { ...seen, server, console, probe };
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const { testServer } = run;
  if (testServer === null) return decideNext(run, seen, nowMs);
  const known = temporaryResources(run, "kept", nowMs);
  if (addResources(seen.recipeState, known) !== null)
    return {
      kind: "act",
      act: { kind: "register" },
      text: `test server ${testServer.id} written into the inventory`,
    };
  if (hasPassed(run, testServer)) return decideRemoval(run, seen, nowMs);
  return decideServer(run, testServer, seen, nowMs);
}

function decideNext(run: Run, { image }: Seen, nowMs: number): Decision<Act> {
  const zones = zonesOf(run);
  const { tests } = run;
  if (tests.length >= zones.length)
    return { kind: "advance", to: "promote-image", text: passedText(run) };
  const unsure = image === null ? waitForSecond404(run, nowMs) : null;
  if (unsure !== null) return unsure;
  if (image?.status !== "active") {
    return {
      kind: "fail",
      code: "image-vanished",
      message: `Image ${candidateOf(run).id} cannot be booted: it is ${image?.status ?? "gone"}`,
      remedy: "Find out who deleted or deactivated it, then refresh again",
    };
  }
  const zone = zones[tests.length] ?? null;
  const text = `test server${inZone(zone)}`;
  return { kind: "intend", intent: "create-server", testZone: zone, text };
}

function decideServer(
  run: Run,
  test: TestServer,
  { server, console, probe }: Seen,
  nowMs: number,
): Decision<Act> {
  const { expect, reject, probe: wish, timeoutMs } = testOf(run);
  const ageMs = nowMs - test.createdAtMs;
  if (server === null && ageMs < SHOWN_AFTER_MS)
    return { kind: "wait", seconds: 5, text: "not shown yet" };
  if (server === null) return failed(run, test, "was deleted by somebody else");
  const foreign = notTheTests(run, test, server);
  if (foreign !== null) return failed(run, test, `is another one: ${foreign}`);
  if (server.status === "ERROR")
    return failed(run, test, `is in ERROR: ${server.faultMessage ?? "the cloud gives no reason"}`);
  const rejected = console === null ? null : matchedLine(console, reject);
  if (rejected !== null)
    return failed(run, test, `printed ${JSON.stringify(rejected)}, which reject matches`, console);
  const line = console === null ? null : matchedLine(console, expect);
  const answeredAt = probe !== null && "answeredAt" in probe ? probe.answeredAt : null;
  const isExpected = expect === null || line !== null;
  if (server.status === "ACTIVE" && isExpected && (wish === null || answeredAt !== null)) {
    const seconds = Math.max(0, Math.round(ageMs / 1000));
    const consoleTail = console === null ? null : tailOf(console) || null;
    const passed = { zone: test.zone, serverId: test.id, seconds, line, answeredAt, consoleTail };
    return { kind: "note", text: passedTestText(passed), set: { tests: [...run.tests, passed] } };
  }
  if (ageMs >= timeoutMs)
    return failed(
      run,
      test,
      whyLate(server, isExpected ? null : expect, probe, timeoutMs),
      console,
    );
  const awaited = isExpected ? "waits for an answer to its probe" : "waits for the expected line";
  const text = server.status === "ACTIVE" ? awaited : server.status;
  const leftSeconds = Math.ceil((timeoutMs - ageMs) / 1000);
  return { kind: "wait", seconds: Math.max(1, Math.min(gapSeconds(ageMs), leftSeconds)), text };
}

/** @param expect null: the console has printed what it had to. */
function whyLate(
  { status }: Server,
  expect: string | null,
  probe: ProbeAnswer | null,
  timeoutMs: number,
): string {
  const within = `within ${timeoutMs / 1000} s`;
  if (status !== "ACTIVE") return `is ${status}, and did not become ACTIVE ${within}`;
  if (expect !== null)
    return `is ACTIVE, and printed no line that matches ${JSON.stringify(expect)} ${within}`;
  const why = probe !== null && "why" in probe ? probe.why : "not asked";
  return `is ACTIVE, and did not answer its probe ${within} (${why})`;
}

/** Null: it is the server of this test. */
function notTheTests({ id }: Run, { name, imageId }: TestServer, server: Server): string | null {
  return notOfTest(server, { run: id, name, imageId });
}

/** A busy guest prints more in between than Nova keeps, so the gaps stay short. */
function gapSeconds(ageMs: number): number {
  return Math.max(3, Math.min(15, Math.round(ageMs / 10_000)));
}

/** What the guest printed last says why. The server is deleted with the rest of the run. */
function failed(
  run: Run,
  { id, zone }: TestServer,
  why: string,
  console: string | null = null,
): Decision<Act> {
  const tail = console === null ? "" : tailOf(console);
  const printed = tail === "" ? "" : `. The console ends: ${tail}`;
  return {
    kind: "fail",
    code: "test-boot-failed",
    message: `The test server ${id}${inZone(zone)} ${why}${printed}`,
    remedy: `Fix the source, or test_boot of the recipe, then: regild refresh ${run.recipeName}`,
  };
}

function decideRemoval(run: Run, { recipeState, removal }: Seen, nowMs: number): Decision<Act> {
  if (markTemporaryForDeletion(recipeState, run.id) !== null)
    return { kind: "act", act: { kind: "mark-for-deletion" }, text: "test server is to go" };
  const ops = removal?.ops ?? [];
  const isLast = run.tests.length >= zonesOf(run).length;
  const isLate = isLast && nowMs - run.stepSinceMs >= testOf(run).timeoutMs + PATIENCE_MS;
  if (ops.length > 0 && !isLate) {
    const deletes = ops.some(({ kind }) => kind === "delete");
    const text = ops.map(opText).join(", ");
    return { kind: "act", act: { kind: "remove", ops }, text, thenWaitSeconds: deletes ? 3 : 0 };
  }
  const left = leftOf(run, recipeState);
  if (left.length === 0 || isLate) {
    const text = left.length === 0 ? "test server gone" : "test server goes later";
    return { kind: "note", text, set: { testServer: null } };
  }
  const [kept] = removal?.kept ?? [];
  const text = kept === undefined ? "being deleted" : `not deleted: ${kept.why}`;
  return { kind: "wait", seconds: 5, text };
}

/** What is still to be deleted of this run's tests. */
function leftOf(run: Run, { resources }: RecipeState): BackingResource[] {
  return resources.filter((p) => p.run === run.id && p.test !== null && p.state === "deleting");
}

function testOf({ id, recipe }: Run): TestBoot {
  if (recipe.testBoot === null) throw new Error(`${id} is in test-boot without a test`);
  return recipe.testBoot;
}

function zonesOf(run: Run): Array<string | null> {
  const { availabilityZones } = testOf(run);
  return availabilityZones.length === 0 ? [null] : availabilityZones;
}

function hasPassed({ tests }: Run, { id }: TestServer): boolean {
  return tests.some(({ serverId }) => serverId === id);
}

function inZone(zone: string | null): string {
  return zone === null ? "" : ` in ${zone}`;
}

function passedText({ tests }: Run): string {
  return tests.map(passedTestText).join("; ");
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  switch (act.kind) {
    case "register":
      await ctx.changeRecipeState((recipeState) =>
        addResources(recipeState, temporaryResources(run, "kept", ctx.now())),
      );
      return;
    case "mark-for-deletion":
      await ctx.changeRecipeState((recipeState) => markTemporaryForDeletion(recipeState, run.id));
      return;
    case "remove":
      return removeResources(ctx, act.ops);
  }
}
