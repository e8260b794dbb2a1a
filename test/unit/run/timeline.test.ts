import { describe, expect, it } from "vitest";
import { MAX_TIMELINE_BYTES } from "../../../shared/bounds.ts";
import type { ApiCall } from "../../../shared/cloud-ports.ts";
import type { TimelineEvent } from "../../../shared/run/record.ts";
import { evidence, recordEvents } from "../../../shared/run/timeline.ts";
import { NOW } from "../builders.ts";

function event(is: Partial<TimelineEvent> = {}): TimelineEvent {
  return {
    atMs: NOW,
    step: "check-status",
    kind: "observation",
    text: "saving",
    count: 1,
    calls: [],
    ...is,
  };
}

function call(is: Partial<ApiCall> = {}): ApiCall {
  return {
    method: "GET",
    service: "image",
    path: "/v2/images/image-new",
    status: 200,
    requestId: "req-1",
    ...is,
  };
}

describe("the timeline of a run", () => {
  it.each([
    ["letters", "x".repeat(1000), 12],
    ["letters of three bytes", "漢".repeat(1000), 0],
    ["evidence", "", 12],
  ])("keeps its newest lines below its bound: %s", (_name, text, count) => {
    const calls = Array.from({ length: count }, () => call({ path: "/v2/".padEnd(300, "x") }));
    let recorded: TimelineEvent[] = [];
    for (let n = 0; n < 300; n++)
      recorded = recordEvents(recorded, [event({ kind: "answer", text: `${n} ${text}`, calls })]);
    expect(Buffer.byteLength(JSON.stringify(recorded))).toBeLessThan(MAX_TIMELINE_BYTES + 1000);
    expect(recorded.at(-1)?.text).toBe(`299 ${text}`);
    expect(recorded.length).toBeGreaterThan(50);
  });

  it.each(["observation", "transient"] as const)("counts repeated %s events in one", (kind) => {
    const calls = [call({ status: 503 })];
    const again = event({ kind, atMs: NOW + 5000, calls });
    expect(recordEvents([event({ kind })], [again, again])).toEqual([
      event({ kind, count: 3, calls }),
    ]);
  });

  it.each([
    ["text", { text: "queued" }],
    ["step", { step: "validate-sync" }],
    ["kind", { kind: "transient" }],
  ] as const)("lists a check of another %s", (_what, is) => {
    expect(recordEvents([event()], [event(is)])).toHaveLength(2);
  });

  it.each(["step", "act", "intent", "answer", "failure"] as const)(
    "lists every %s, repeated or not",
    (kind) => expect(recordEvents([event({ kind })], [event({ kind })])).toHaveLength(2),
  );

  it("leaves what was told before as it was", () => {
    const recorded = [event()];
    recordEvents(recorded, [event()]);
    expect(recorded).toEqual([event()]);
  });

  it("over 200 events drops the oldest checks, and never what was done", () => {
    const acts = Array.from({ length: 50 }, (_, n) => event({ kind: "act", text: `act ${n}` }));
    const looks = Array.from({ length: 200 }, (_, n) => event({ text: `look ${n}` }));
    const recorded = recordEvents(acts, looks);
    expect(recorded).toHaveLength(200);
    expect(recorded.filter((e) => e.kind === "act")).toEqual(acts);
    expect(recorded.find((e) => e.kind === "observation")?.text).toBe("look 50");
    expect(recorded.at(-1)?.text).toBe("look 199");
  });
});

describe("evidence", () => {
  it.each([
    ["has a write", call({ method: "POST", status: 202 }), true],
    ["has a refused read", call({ status: 404 }), true],
    ["has an unanswered read", call({ status: null }), true],
    ["has no plain read", call(), false],
    ["has no sign-in", call({ service: "identity", method: "POST", status: 201 }), false],
    ["has a refused sign-in", call({ service: "identity", method: "POST", status: 401 }), true],
  ])("%s", (_what, made, isKept) => {
    expect(evidence([made])).toEqual(isKept ? [made] : []);
  });

  it("is the last twelve such calls", () => {
    const calls = Array.from({ length: 20 }, (_, n) => call({ method: "PATCH", path: `/${n}` }));
    expect(evidence(calls)).toEqual(calls.slice(8));
  });
});
