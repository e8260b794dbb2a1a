import { describe, expect, it } from "vitest";
import type { ProbeAnswer, Server } from "../../../shared/cloud-ports.ts";
import type { BackingResource } from "../../../shared/image/recipe-state.ts";
import { planResources } from "../../../shared/image/resource-removal.ts";
import { testMetadata } from "../../../shared/image/test-server.ts";
import { matchedLine, tailOf } from "../../../shared/run/console.ts";
import type { Run } from "../../../shared/run/record.ts";
import { decide } from "../../../shared/steps/test-boot.ts";
import {
  candidate,
  image,
  MINUTE,
  NOW,
  PASSED,
  recipe,
  recipeState,
  resource,
  run,
  SECOND,
  server,
  TEST_BOOT,
} from "../builders.ts";

const { id: imageId } = candidate();
const NAME = "regild-test-web-20261123-093012-k3f9q2-try001";
const TEST = { id: "test-1", name: NAME, imageId, zone: null, createdAtMs: NOW };
const tested = (is: Partial<Run> = {}) =>
  run({
    step: "test-boot",
    candidate: candidate(),
    recipe: recipe({ testBoot: TEST_BOOT }),
    testServer: TEST,
    ...is,
  });
const entry = (is: Partial<BackingResource> = {}) =>
  resource({
    id: TEST.id,
    kind: "server",
    run: run().id,
    state: "kept",
    test: { name: NAME, imageId },
    ...is,
  });
const booted = (is: Partial<Server> = {}) =>
  server({
    id: TEST.id,
    name: NAME,
    imageId,
    metadata: testMetadata({ run: run().id, imageId }, "home01home02"),
    ...is,
  });

function observe(
  is: {
    run?: Run;
    server?: Server | null;
    console?: string | null;
    probe?: ProbeAnswer | null;
    resources?: BackingResource[];
  },
  afterMs = MINUTE,
) {
  const { server: there = booted(), console = null, probe = null, resources = [entry()] } = is;
  const seen = { recipeState: recipeState({ resources }), image: image(), server: there, console };
  return decide(is.run ?? tested(), { ...seen, probe, removal: null }, NOW + afterMs);
}

describe("a candidate with a test", () => {
  it("is booted once in each zone, in their order", () => {
    const zones = recipe({ testBoot: { ...TEST_BOOT, availabilityZones: ["a", "b"] } });
    const first = tested({ recipe: zones, testServer: null });
    expect(observe({ run: first })).toMatchObject({
      intent: "create-server",
      text: expect.stringMatching(/in a$/),
    });
    const second = tested({ recipe: zones, testServer: null, tests: [{ ...PASSED, zone: "a" }] });
    expect(observe({ run: second })).toMatchObject({
      intent: "create-server",
      text: expect.stringMatching(/in b$/),
    });
    const both = tested({ recipe: zones, testServer: null, tests: [PASSED, PASSED] });
    expect(observe({ run: both })).toMatchObject({ kind: "advance", to: "promote-image" });
  });

  it("has its server written into the inventory before anything else", () => {
    expect(observe({ resources: [] })).toMatchObject({ act: { kind: "register" } });
  });

  it("passes when a line matches, and says which", () => {
    expect(observe({ console: "Linux\r\ngolden login: \r\n" })).toMatchObject({
      kind: "note",
      set: { tests: [{ serverId: "test-1", seconds: 60, line: "golden login: " }] },
    });
  });

  it("keeps the end of the console for whoever approves, with nothing that steers a terminal", () => {
    const printed = "boot 1\r\n\u001b[32mOK\u001b[0m\u0007\r\n\r\ngolden login: ";
    const kept = (console: unknown) => ({ set: { tests: [{ consoleTail: console }] } });
    expect(observe({ console: printed })).toMatchObject(kept("boot 1 | OK\uFFFD | golden login: "));
    const long = `${"x".repeat(900)}\r\n${printed}`;
    expect(observe({ console: long })).toMatchObject(
      kept(expect.stringMatching(/^x+ \| boot 1 .* golden login: $/)),
    );
  });

  it.each([
    ["in BUILD", booted({ status: "BUILD" }), null],
    ["ACTIVE, with no console yet", booted(), null],
    ["ACTIVE, and has not printed it yet", booted(), "Linux\r\n"],
    ["not shown yet", null, null],
  ])("waits while its server is %s", (_what, there, console) => {
    expect(observe({ server: there, console }, 30 * SECOND)).toMatchObject({ kind: "wait" });
  });

  it.each([
    [
      "is in ERROR",
      booted({ status: "ERROR", faultMessage: "No valid host" }),
      null,
      /No valid host/,
    ],
    [
      "panics, though it printed the line before",
      booted(),
      "x login:\r\npanic: vfs\r\n",
      /panic: vfs/,
    ],
    ["is deleted by somebody", null, null, /deleted by somebody else/],
    ["has become another one", booted({ name: "prod" }), "login:", /is named prod/],
  ])("fails when its server %s", (_what, there, console, message) => {
    expect(observe({ server: there, console }, 2 * MINUTE)).toMatchObject({
      kind: "fail",
      code: "test-boot-failed",
      message: expect.stringMatching(message),
    });
  });

  describe("with a probe", () => {
    const probe = { port: 80, path: "/health" };
    const probed = (expected: string | null) =>
      tested({ recipe: recipe({ testBoot: { ...TEST_BOOT, expect: expected, probe } }) });
    const answer = { answeredAt: "10.0.0.5:80/health" };
    const refused = { why: "10.0.0.5:80/health: connection refused" };

    it("passes when the server answers, and says where", () => {
      const passed = { set: { tests: [{ line: null, ...answer }] } };
      expect(observe({ run: probed(null), probe: answer })).toMatchObject(passed);
    });

    it.each([
      ["an answer, without the expected line", "login:", "Linux", answer, "expected line"],
      ["the expected line, without an answer", "login:", "x login:", refused, "its probe"],
      ["no answer, where no line is expected", null, null, refused, "its probe"],
    ])("waits with %s", (_what, expected, console, given, awaited) => {
      expect(observe({ run: probed(expected), console, probe: given })).toMatchObject({
        kind: "wait",
        text: expect.stringContaining(awaited),
      });
    });

    it("fails when the time is over, and says what was heard last", () => {
      const run = probed("login:");
      expect(observe({ run, console: "x login:", probe: refused }, 10 * MINUTE)).toMatchObject({
        kind: "fail",
        code: "test-boot-failed",
        message: expect.stringMatching(
          /did not answer its probe within 600 s \(10\.0\.0\.5:80\/health: connection refused\)/,
        ),
      });
    });

    it("fails by a line that is rejected, though the server answers", () => {
      const run = probed("login:");
      expect(observe({ run, console: "x login:\npanic", probe: answer })).toMatchObject({
        message: expect.stringContaining("which reject matches"),
      });
    });
  });

  it("fails when the time is over, and quotes what the console ends with", () => {
    const late = observe({ console: "Linux\r\nCannot open root device\r\n" }, 10 * MINUTE);
    expect(late).toMatchObject({
      code: "test-boot-failed",
      message: expect.stringMatching(/printed no line .* Cannot open root device$/),
    });
    expect(observe({ server: booted({ status: "BUILD" }) }, 10 * MINUTE)).toMatchObject({
      message: expect.stringContaining("did not become ACTIVE"),
    });
  });

  it("goes on only when its server is gone", () => {
    const passed = tested({ tests: [PASSED] });
    expect(observe({ run: passed })).toMatchObject({ act: { kind: "mark-for-deletion" } });
    const deleting = [entry({ state: "deleting" })];
    expect(observe({ run: passed, resources: deleting })).toMatchObject({ kind: "wait" });
    const gone = [entry({ state: "gone" })];
    expect(observe({ run: passed, resources: gone })).toMatchObject({ set: { testServer: null } });
  });
});

describe("a test server that is to go", () => {
  const plan = (there: Server | null, is: Partial<BackingResource> = {}) =>
    planResources(
      [entry({ state: "deleting", ...is })],
      {
        resources: new Map([[TEST.id, there]]),
        failures: new Map(),
        volumes: [],
        namedBy: new Map(),
        unread: null,
      },
      NOW,
    );

  it("is deleted, and is gone when Nova answers 404", () => {
    expect(plan(booted()).ops).toMatchObject([{ kind: "delete" }]);
    expect(plan(booted({ imageId: null })).ops).toMatchObject([{ kind: "delete" }]);
    expect(plan(booted({ taskState: "deleting" })).pending).toEqual([TEST.id]);
    expect(plan(null).ops).toMatchObject([{ kind: "gone" }]);
  });

  it.each([
    ["another name", booted({ name: "web-golden" })],
    ["no metadata", booted({ metadata: {} })],
    [
      "another run in its metadata",
      booted({ metadata: testMetadata({ run: "r2", imageId }, "h") }),
    ],
    [
      "another image in its metadata",
      booted({ metadata: testMetadata({ run: run().id, imageId: "i2" }, "h") }),
    ],
    ["another image", booted({ imageId: "base" })],
  ])("is left alone if it has %s", (_what, there) => {
    expect(plan(there)).toMatchObject({
      ops: [],
      kept: [{ id: TEST.id, why: expect.stringContaining("no server of this test") }],
    });
  });

  it("is left alone if the record names no test", () => {
    expect(plan(booted(), { test: null }).ops).toEqual([]);
  });
});

describe("a console", () => {
  it("is read line by line, without colours", () => {
    const text = "[\u001b[0;32m  OK  \u001b[0m] Reached target\r\nlogin:";
    expect(matchedLine(text, "^\\[ {2}OK {2}\\] Reached")).toBe("[  OK  ] Reached target");
    expect(matchedLine(text, "OK.*login")).toBeNull();
    expect(matchedLine(text, null)).toBeNull();
  });

  it("is quoted by its last lines", () => {
    expect(tailOf(`${"x\n".repeat(50)}last\n\n`)).toBe(`${"x | ".repeat(7)}last`);
    expect(tailOf("y".repeat(5000)).length).toBeLessThanOrEqual(600);
  });
});
