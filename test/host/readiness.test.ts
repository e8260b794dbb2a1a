import { expect, it } from "vitest";
import { ClockWatch } from "../../local/health/clock-watch.ts";
import { CloudSignIns } from "../../local/health/cloud-sign-ins.ts";
import { readiness, type Readiness, readyDocument } from "../../local/health/readiness.ts";
import { StoreTrouble } from "../../local/store-trouble.ts";
import { openSite } from "../access/opened-site.ts";
import { NOW_MS } from "../cli/records.ts";

const GOOD: Readiness = {
  host: () => ({ isAlive: true, takesWrites: true }),
  clock: { jumpMs: () => null },
  signIns: { last: new Map([["a", { isGood: true, status: 201, atMs: NOW_MS }]]) },
  recipes: () => [{ cloud: "b" }, { cloud: "a" }, { cloud: "a" }],
};
const failed = (is: Partial<Readiness>) => {
  const document = readyDocument.parse(readiness({ ...GOOD, ...is }));
  const checks = document.checks.filter(({ ok }) => !ok);
  return [document.ready, checks.map(({ check, name, message }) => [check, name, message])];
};

it("a host that works is ready, and names each cloud of its recipes once", () => {
  expect(failed({})).toEqual([true, []]);
  const { checks } = readiness(GOOD);
  expect(checks.map(({ check, name }) => name ?? check)).toEqual([
    "started",
    "alive",
    "store",
    "clock",
    "a",
    "b",
  ]);
});

it.each<[string, Partial<Readiness>, unknown[]]>([
  ["starts", { host: () => null }, ["started", null, "the host is starting"]],
  [
    "hangs",
    { host: () => ({ isAlive: false, takesWrites: true }) },
    ["alive", null, "the schedules have not been looked at for five minutes"],
  ],
  [
    "cannot write",
    { host: () => ({ isAlive: true, takesWrites: false }) },
    ["store", null, "the data file takes no writes; the log says why"],
  ],
  [
    "has a clock that jumped",
    { clock: { jumpMs: () => -3_600_000 } },
    ["clock", null, "the clock jumped by -3600 s"],
  ],
  [
    "is refused by a cloud",
    { signIns: { last: new Map([["a", { isGood: false, status: 401, atMs: NOW_MS }]]) } },
    ["cloud", "a", "the sign-in got HTTP 401"],
  ],
  [
    "cannot reach a cloud",
    { signIns: { last: new Map([["b", { isGood: false, status: null, atMs: NOW_MS }]]) } },
    ["cloud", "b", "the sign-in got no answer"],
  ],
])("a host that %s is not ready, and says why", (_what, is, check) => {
  expect(failed(is)).toEqual([false, [check]]);
});

it("a clock that is set by an hour is noticed, for five minutes; one that runs is not", () => {
  let [wallMs, monotonicMs] = [NOW_MS, 1000];
  const pass = (ms: number) => ([wallMs, monotonicMs] = [wallMs + ms, monotonicMs + ms]);
  using clock = new ClockWatch(
    () => wallMs,
    () => monotonicMs,
  );
  pass(86_400_000);
  expect(clock.jumpMs()).toBeNull();
  wallMs -= 3_600_000;
  expect(clock.jumpMs()).toBe(-3_600_000);
  pass(4 * 60_000);
  expect(clock.jumpMs()).toBe(-3_600_000);
  pass(2 * 60_000);
  expect(clock.jumpMs()).toBeNull();
});

it("the last sign-in counts, and other calls do not", () => {
  const signIns = new CloudSignIns(() => NOW_MS);
  const call = { method: "POST", path: "/", requestId: null };
  const statuses: Array<["identity" | "image", number | null]> = [
    ["identity", 201],
    ["identity", 503],
    ["image", 200],
  ];
  const clouds = signIns.watched({
    open: (_ref, seen) => {
      for (const [service, status] of statuses) seen({ ...call, service, status });
      throw new Error("no cloud");
    },
  });
  expect(() => clouds.open({ cloud: "a", region: null }, () => {}, 0)).toThrow("no cloud");
  expect(signIns.last.get("a")).toEqual({ isGood: false, status: 503, atMs: NOW_MS });
});

it("a data file that takes no writes is told until it takes one", () => {
  const none = () => {};
  const trouble = new StoreTrouble({ info: none, warn: none, error: none });
  expect(trouble.takesWrites).toBe(true);
  trouble.failed("heartbeat", Object.assign(new Error("full"), { errcode: 13 }));
  expect(trouble.takesWrites).toBe(false);
  trouble.failed("heartbeat", new Error("something else"));
  expect(trouble.takesWrites).toBe(false);
  trouble.wrote();
  expect(trouble.takesWrites).toBe(true);
});

it("tells a stranger which checks failed, and no name or reason; and healthz asks what the watchdog asks", async () => {
  const site = await openSite({
    signIn: "required",
    isAlive: () => false,
    ready: {
      ...GOOD,
      signIns: { last: new Map([["b", { isGood: false, status: 401, atMs: 0 }]]) },
    },
  });
  const admin = { authorization: `Bearer ${(await site.token("read")).text}` };
  const told = await site.ask("GET", "/readyz");
  const known = await site.ask("GET", "/readyz", { headers: admin });
  const health = await site.ask("GET", "/healthz");
  await site.close();
  expect([told.status, known.status, health.status]).toEqual([503, 503, 503]);
  expect(readyDocument.parse(told.body).checks).toContainEqual({
    check: "cloud",
    name: null,
    ok: false,
    message: null,
    seen_at: null,
  });
  expect(told.text).not.toMatch(/"[ab]"|HTTP 401/);
  expect(known.text).toContain("the sign-in got HTTP 401");
});
