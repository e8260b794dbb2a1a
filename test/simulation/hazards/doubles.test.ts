import { describe, expect, it } from "vitest";
import { BEYOND } from "../faults.ts";
import { CREATE_IMAGE, DAY, HOUR, scenario, SECOND, STOP } from "./scenario.ts";

describe("11: every message delivered three times", () => {
  it("makes no more checks than one delivery each, and no more messages than three each", async () => {
    const once = await scenario();
    once.start();
    await once.finish();
    const thrice = await scenario({ duplicates: 2 });
    thrice.start();
    expect(await thrice.finish()).toEqual(["succeeded"]);
    const { deliveries } = thrice.simulation;
    expect(deliveries).toBeLessThanOrEqual(once.simulation.deliveries * 3 + 10);
    const callsOnce = once.run()?.apiCalls ?? 0;
    expect(thrice.run()?.apiCalls).toBeLessThanOrEqual(callsOnce * 3);
  });
});

describe("12: a worker that sleeps between its last check of the clock and the create", () => {
  it("makes no second image where the cloud keeps the ids that creates ask for", async () => {
    const s = await scenario({
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "pause-before", seconds: 300 } }],
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.made()).toBe(1);
    expect(s.images()).toEqual([s.recipeState().current]);
  });

  it("makes a second image where the cloud ignores them, and one alone is kept", async () => {
    const s = await scenario({
      prepare: ({ settings }) => {
        settings.chosenImageIds = "ignored";
      },
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "pause-before", seconds: 300 } }],
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.made()).toBe(2);
    expect(s.images()).toEqual([s.recipeState().current]);
  });

  it.each([
    ["five minutes", 300],
    ["an hour", 3600],
  ])(
    "makes no image %s after its run was cancelled: its image id is used up",
    async (_case, seconds) => {
      const s = await scenario({
        bounds: BEYOND,
        faults: () => [{ call: CREATE_IMAGE, fault: { kind: "late", seconds } }],
      });
      s.start();
      s.cancelWhen((run) => run.intent?.kind === "create-image");
      s.at(3 * HOUR, () => {});
      expect(await s.finish()).toEqual(["cancelled"]);
      const created = s.cloud.world.journal.flatMap((e) =>
        e.event === "created" && e.resource === "image" ? e.name : [],
      );
      expect(created.filter((name) => name !== "base")).toEqual([
        expect.stringMatching(/^regild-fence-/),
      ]);
      expect(s.images()).toEqual([]);
    },
  );

  it.each([403, 409])(
    "leaves no empty image behind where the cloud refuses to make it once, and to delete it once with %i",
    async (status) => {
      const s = await scenario({
        bounds: BEYOND,
        faults: () => [
          { call: CREATE_IMAGE, fault: { kind: "late", seconds: 3600 } },
          { call: /POST \S+\/v2\/images id/, fault: { kind: "status", status: 403 } },
          { call: /DELETE \S+\/v2\/images\/\S+$/, fault: { kind: "status", status } },
        ],
      });
      s.start();
      s.cancelWhen((run) => run.intent?.kind === "create-image");
      s.at(3 * HOUR, () => {});
      expect(await s.finish()).toEqual(["cancelled"]);
      expect(s.images()).toEqual([]);
      const left = [...s.cloud.world.firstZone.images.values()].map(({ name }) => name);
      expect(left.filter((name) => name?.startsWith("regild-fence-"))).toEqual([]);
    },
  );

  it("sends nothing when it wakes up before the call and after the window", async () => {
    const s = await scenario({
      faults: (s) => [
        {
          call: /^store commit R#web run/,
          while: () => s().isIn("create-image"),
          fault: { kind: "pause-after", seconds: 300 },
        },
      ],
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.made()).toBe(1);
  });
});

describe("13: an attempt whose synchronisation failed, and whose image is still listed", () => {
  it("is not mistaken for the next attempt, whose create was not answered", async () => {
    const s = await scenario({
      recipe: 'server: web, keep: 1, cooling_off: 0s, image: { name: "web-${{ seq }}" }',
      prepare: (cloud) => {
        cloud.settings.uploadSeconds = () => 1;
        cloud.settings.listLagSeconds = 300;
        cloud.faults.add({
          on: { operation: "compute.createImage" },
          effect: { kind: "sync-fails", property: "sync_status_reason" },
        });
      },
      faults: () => [{ call: CREATE_IMAGE, nth: 2, fault: { kind: "request-lost" } }],
    });
    const taken = new Map<number, string>();
    s.always(() => {
      const { attempt = 0, candidate = null } = s.run() ?? {};
      if (candidate !== null && !taken.has(attempt)) taken.set(attempt, candidate.id);
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect([...taken.keys()]).toEqual([1, 2]);
    expect(taken.get(2)).not.toBe(taken.get(1));
    expect(s.made()).toBe(2);
    expect(s.images()).toEqual([s.recipeState().current]);
  });
});

const UPLOAD = /POST \S+ os-volume_upload_image/;
const SNAPSHOT = /POST \S+\/snapshots /;
const VOLUME = /POST \S+\/volumes /;

describe.each([
  ["lost answer", { kind: "answer-lost" }],
  ["lost request", { kind: "request-lost" }],
  ["request that a proxy hands on after half a minute", { kind: "late", seconds: 30 }],
  ["504 of a gateway that has given up, while the cloud does it", { kind: "gateway-timeout" }],
  ["reset before it is done", { kind: "reset-before" }],
  ["reset right after it", { kind: "reset-after" }],
  ["refused connection", { kind: "not-sent" }],
  ["body cut in half", { kind: "truncated" }],
  ["page of something in between", { kind: "page" }],
  ["502 of a proxy", { kind: "status", status: 502, html: true }],
  ["503", { kind: "status", status: 503 }],
  ["401", { kind: "status", status: 401 }],
  ["429", { kind: "status", status: 429 }],
] as const)("14: after a %s", (_name, fault) => {
  it.each([
    ["create-image", CREATE_IMAGE, "server: web"],
    ["upload-image", UPLOAD, "volume: data"],
    ["create-snapshot", SNAPSHOT, "volume: data, capture: snapshot"],
    ["create-volume", VOLUME, "volume: data, capture: snapshot"],
    ["stop-server", STOP, "server: web, prepare: { stop_server: true }"],
  ] as const)("a %s is sent once per announcement", async (kind, call, recipe) => {
    const s = await scenario({ recipe, faults: () => [{ call, fault }] });
    const announced = new Set<string>();
    s.always(() => {
      const intent = s.run()?.intent;
      if (intent?.kind === kind) announced.add(intent.id);
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.sent(call)).toBe(announced.size);
    expect(s.images()).toEqual([s.recipeState().current]);
  });
});

describe("15: a trigger that was answered once", () => {
  it("starts nothing when it comes again an hour later, not even one that joined another's run", async () => {
    const s = await scenario();
    s.start("t1");
    s.start("t2", 10 * SECOND);
    for (const trigger of ["t1", "t2"]) s.start(trigger, HOUR);
    await s.finish();
    expect(s.runs().map((run) => [run.trigger.id, run.outcome])).toEqual([
      ["t1", "succeeded"],
      ["t2", "joined"],
    ]);
    expect(s.run()?.joinedRunId).toBe(s.runs()[0]?.id);
    expect(s.made()).toBe(1);
  });

  it("is remembered for 14 days, and then starts a run, also where the store still has its record", async () => {
    const s = await scenario({ recipe: "server: web, keep: 2" });
    s.start("t1");
    s.start("t1", 14 * DAY - HOUR);
    await s.until(14 * DAY);
    expect(s.made()).toBe(1);
    s.start("t1", 14 * DAY + HOUR);
    expect(await s.finish(15 * DAY)).toEqual(["succeeded", "succeeded"]);
    expect(s.made()).toBe(2);
  });

  it.each([
    ["before its run was written down", /^store commit R#web run/, "stop-before"],
    ["before its message was sent", /^queue prepare-source/, "stop-before"],
    ["before it was answered", /^queue prepare-source/, "stop-after"],
  ] as const)("leads to one run when the first taker stopped %s", async (_where, call, kind) => {
    const s = await scenario({ faults: () => [{ call, fault: { kind } }] });
    s.start("t1");
    s.start("t1", 20 * SECOND);
    s.start("t1", HOUR);
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.made()).toBe(1);
  });
});
