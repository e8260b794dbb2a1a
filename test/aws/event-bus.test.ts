import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AwsClient } from "../../shared/aws/client.ts";
import { EventBus } from "../../shared/aws/event-bus.ts";
import type { RegildEvent } from "../../shared/events/event.ts";
import { accessTo, openSeam } from "./access.ts";
import { type Mood, openEventBridge, refusing } from "./event-bridge.ts";
import { answerLost, refused, Wire } from "./wire.ts";

let eventBridge: Awaited<ReturnType<typeof openEventBridge>>;
const seam = openSeam();
beforeAll(async () => {
  eventBridge = await openEventBridge();
});
afterAll(() => {
  seam.close();
  eventBridge.close();
});

let wire: Wire;
let waitedMs: number[];
let bus: EventBus;
beforeEach(() => {
  wire = new Wire(seam.http);
  waitedMs = [];
  eventBridge.requests.length = 0;
  eventBridge.moods.length = 0;
  const wait = async (ms: number): Promise<void> => void waitedMs.push(ms);
  const access = accessTo(eventBridge.endpoint);
  bus = new EventBus(new AwsClient("events", access, { ...seam, http: wire, wait }), "regild-test");
});

const event = (id: string): RegildEvent => ({
  type: "Image Promoted",
  detail: {
    schema: "regild/v1",
    id,
    version: 3,
    at: "2026-11-22T12:00:00.000Z",
    recipe: "web",
    run: "web-20261122-113000-k3f9q2",
    cloud: "mycloud",
    region_name: null,
    image: { id: "5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77", name: "web-20261122" },
    replaces: null,
    rollback: false,
  },
});
const [a, b, c] = [event("a"), event("b"), event("c")] as const;
const sentIds = () =>
  eventBridge.requests.map((entries) => entries.map((entry) => entry.event.detail.id));
const times = (count: number, mood: Mood) => Array.from({ length: count }, () => mood);

describe("the event bus", () => {
  it("is given each event with its time, under the name of the bus", async () => {
    expect(await bus.put([a, b])).toEqual([null, null]);
    const time = Date.UTC(2026, 10, 22, 12) / 1000;
    expect(eventBridge.requests).toEqual([
      [
        { bus: "regild-test", time, event: a },
        { bus: "regild-test", time, event: b },
      ],
    ]);
  });

  it.each([
    ["ThrottlingException", [250, 500]],
    ["InternalFailure", [50, 100]],
  ])("is sent again what it refused for now, and nothing else: %s", async (code, gaps) => {
    eventBridge.moods.push(refusing(code, ["b", "c"]), refusing(code, ["c"]));
    expect(await bus.put([a, b, c])).toEqual([null, null, null]);
    expect(sentIds()).toEqual([["a", "b", "c"], ["b", "c"], ["c"]]);
    expect(waitedMs).toEqual(gaps);
  });

  it("is left alone after five tries, and says which events it has not taken", async () => {
    eventBridge.moods.push(...times(5, refusing("ThrottlingException", ["b"])));
    const no = { code: "ThrottlingException", message: "no", forGood: false };
    expect(await bus.put([a, b, c])).toEqual([null, no, null]);
    expect(sentIds()).toHaveLength(5);
  });

  it.each([
    ["MalformedDetail", true],
    ["InvalidArgument", true],
    ["AccessDeniedException", false],
    ["NotAuthorizedForSourceException", false],
  ])("is not asked again at once what it refuses with %s; for good: %s", async (code, forGood) => {
    eventBridge.moods.push(refusing(code, ["a"]));
    expect(await bus.put([a, b])).toEqual([{ code, message: "no", forGood }, null]);
    expect(sentIds()).toHaveLength(1);
  });

  it("is sent all of them again when nobody knows whether it has taken them", async () => {
    wire.plan("PutEvents", answerLost);
    expect(await bus.put([a, b])).toEqual([null, null]);
    expect(sentIds()).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  it("is not believed when it answers for fewer events than it was sent", async () => {
    eventBridge.moods.push(() => ({ status: 200, body: '{"FailedEntryCount":0,"Entries":[{}]}' }));
    expect(await bus.put([a, b])).toEqual([null, null]);
    expect(sentIds()).toHaveLength(2);
  });

  it("throttled as a whole is waited for, longer than other transient failures", async () => {
    wire.plan("PutEvents", refused(400, "ThrottlingException"), refused(500, "InternalException"));
    await bus.put([a]);
    expect(waitedMs).toEqual([250, 100]);
  });

  it("that may not be used names the permission", async () => {
    wire.plan("PutEvents", refused(400, "AccessDeniedException"));
    await expect(bus.put([a])).rejects.toThrow(
      "EventBridge PutEvents, event bus regild-test: AccessDeniedException. Allow events:PutEvents on regild-test to this role.",
    );
  });

  it("is never asked for more than it may be: ten of the longest events are within its 256 KB", async () => {
    const long = "\u{1f5bc}".repeat(1000);
    const run: RegildEvent = {
      type: "Run Failed",
      detail: {
        schema: "regild/v1",
        id: "f".repeat(32),
        version: 1,
        at: a.detail.at,
        recipe: "r".repeat(100),
        run: "r".repeat(100),
        cloud: long,
        region_name: long,
        outcome: "failed",
        image: null,
        joined_run: "r".repeat(100),
        failure: { code: "source-started-during-upload", message: long, step: "create-image" },
      },
    };
    await bus.put(Array.from({ length: bus.maxEvents }, () => run));
    expect(eventBridge.requests[0]).toHaveLength(10);
    expect(Buffer.byteLength(wire.bodies[0] ?? "")).toBeLessThan(256 * 1024);
  });
});
