import { describe, expect, it } from "vitest";
import { HOUR, MINUTE } from "../unit/builders.ts";
import type { SecondZone } from "./k5-cloud.ts";
import { K5Installation } from "./k5-installation.ts";

const TIMEOUT = "ERROR:A timeout occurred during synchronize image the server(http://1.1.1.1:9292)";
const SECOND_ZONES: SecondZone[] = ["a region", "an endpoint", "a service"];

describe.each(SECOND_ZONES)("held to two zones, the second being %s:", (secondZone) => {
  it("an image is not current before it is in zone 2", async () => {
    const on = new K5Installation(secondZone);
    on.cloud.plans = [{ seconds: 30, registersAfter: 900, reason: null }];
    const run = await on.refresh(on.recipe({ zones: on.zones() }));
    const id = run.candidate?.id ?? "";
    expect(run.outcome).toBe("succeeded");
    expect(on.images()).toEqual([[id], [id]]);
    const waits = run.timeline.filter(({ text }) => text === "b: not there");
    expect(waits).toHaveLength(1);
    expect(waits[0]?.count).toBeLessThan(40);
    const usable = run.timeline.find(({ text }) => text.startsWith("usable"));
    expect(usable?.text).toBe("usable. a: active, 2147483648 bytes; b: active, 2147483648 bytes");
    expect(usable?.atMs).toBeGreaterThan(run.startedAtMs + 930_000);
  });

  it("zone 2 is never usable: the run fails by its deadline, says why, and leaves nothing", async () => {
    const on = new K5Installation(secondZone);
    on.cloud.plans = [{ seconds: 30, registersAfter: null, reason: null }];
    const run = await on.refresh(on.recipe({ zones: on.zones(), deadlineMs: HOUR }));
    expect(run.failure).toMatchObject({
      code: "deadline-passed",
      message: "Not done within the deadline: still in validate-sync, b: not there",
    });
    expect(on.images()).toEqual([[], []]);
  });

  it("zone 2 is down for a while: it is waited for, and the run is not failed", async () => {
    const on = new K5Installation(secondZone);
    on.cloud.down.add(1);
    on.cloud.after(1200, () => on.cloud.down.clear());
    const run = await on.refresh(on.recipe({ zones: on.zones() }));
    expect(run.outcome).toBe("succeeded");
    expect(run.timeline.some(({ text }) => text.startsWith("b: did not answer"))).toBe(true);
  });

  it.each(["sync_status_reason", "sync_reason_status"])(
    "with room for one image, one that failed by %s is seen gone before the next is made",
    async (key) => {
      const on = new K5Installation(secondZone);
      const reason = { after: 0, key, text: TIMEOUT };
      const broken = { seconds: 30, registersAfter: 0, reason };
      on.cloud.plans = [broken, broken, { seconds: 30, registersAfter: 5, reason: null }];
      on.cloud.room = 1;
      on.cloud.deletesTravel = false;
      const run = await on.refresh(on.recipe({ zones: on.zones() }));
      expect(run).toMatchObject({ outcome: "succeeded", attempt: 3 });
      const causes = run.timeline.filter(({ text }) => text.includes(TIMEOUT));
      expect(causes.reduce((sum, { count }) => sum + count, 0)).toBe(2);
      const id = run.candidate?.id ?? "";
      expect(on.images()).toEqual([[id], [id]]);
    },
  );

  it("a failure for ever ends after three attempts, with the cloud's reason and nothing left", async () => {
    const on = new K5Installation(secondZone);
    const reason = { after: 0, key: "sync_status_reason", text: TIMEOUT };
    on.cloud.plans = [{ seconds: 30, registersAfter: 0, reason }];
    on.cloud.deletesTravel = false;
    const run = await on.refresh(on.recipe({ zones: on.zones() }));
    expect(run.failure).toMatchObject({
      code: "sync-failed",
      message: `3 images in a row could not be synchronised: a: ${TIMEOUT}`,
    });
    expect(on.cloud.uploads).toHaveLength(3);
    expect(on.images()).toEqual([[], []]);
  });
});

describe("a zone", () => {
  it("may be an entry of clouds.yaml of its own, and is undone as well", async () => {
    const on = new K5Installation();
    on.cloud.deletesTravel = false;
    on.cloud.plans = [{ seconds: 30, registersAfter: 600, reason: null }];
    const zones = [
      {
        name: "b",
        region: null,
        endpoint: null,
        cloud: "k5-b",
        distribute: false,
        streamed: false,
        store: null,
      },
    ];
    const first = await on.refresh(on.recipe({ zones, keep: 1 }));
    expect(on.images()[1]).toEqual([first.candidate?.id]);
    const second = await on.refresh(on.recipe({ zones, keep: 1 }));
    await on.idle(3 * HOUR);
    expect(on.images()).toEqual([[second.candidate?.id], [second.candidate?.id]]);
  });

  it.each([
    [
      { region: "jp-west-9" },
      "zone b: region jp-west-9 has no image service. The catalog has http://image1.k5/v2 in jp-east-1a, http://image2.k5/v2 in jp-east-1b",
    ],
    [
      { endpoint: "https://elsewhere.example" },
      "zone b: https://elsewhere.example has no image service. The catalog has ",
    ],
    [{ cloud: "nowhere" }, 'clouds.yaml has no entry "nowhere". It has: k5, k5-b'],
  ])("that is not there fails the run before anything is made: %j", async (is, message) => {
    const on = new K5Installation();
    const blank = {
      name: "b",
      region: null,
      endpoint: null,
      cloud: null,
      distribute: false,
      streamed: false,
      store: null,
    };
    const run = await on.refresh(on.recipe({ zones: [{ ...blank, ...is }] }));
    expect(run.failure).toMatchObject({
      code: "configuration",
      message: expect.stringContaining(message),
    });
    expect(on.cloud.uploads).toEqual([]);
    expect(on.cloud.requests.filter((request) => request.includes("elsewhere"))).toEqual([]);
  });

  it("that is one of several services of its region has to be named by its endpoint", async () => {
    const on = new K5Installation("a service");
    const zones = [
      {
        name: "b",
        region: "jp-east-1a",
        endpoint: null,
        cloud: null,
        distribute: false,
        streamed: false,
        store: null,
      },
    ];
    const run = await on.refresh(on.recipe({ zones }));
    expect(run.failure?.message).toContain(
      "zone b: region jp-east-1a has several: write endpoint. The catalog has ",
    );
  });
});

describe("where the reason is the only sign,", () => {
  it("settle keeps an image from becoming current until a late reason had its time", async () => {
    const on = new K5Installation();
    const reason = { after: 90, key: "sync_status_reason", text: TIMEOUT };
    on.cloud.plans = [
      { seconds: 30, registersAfter: null, reason },
      { seconds: 30, registersAfter: null, reason: null },
    ];
    const run = await on.refresh(on.recipe({ settleMs: 10 * MINUTE }));
    expect(run).toMatchObject({ outcome: "succeeded", attempt: 2 });
    expect(on.images()[0]).toEqual([run.candidate?.id]);
    expect(run.timeline.some(({ text }) => text === TIMEOUT)).toBe(true);
    const promotedAtMs = (await on.recipeState()).images.at(-1)?.promotedAtMs ?? 0;
    expect(promotedAtMs - (run.candidate?.activeAtMs ?? 0)).toBeGreaterThanOrEqual(10 * MINUTE);
  });
});
