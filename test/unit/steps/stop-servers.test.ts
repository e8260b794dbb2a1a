import { describe, expect, it } from "vitest";
import { decideServer, seePower } from "../../../shared/steps/stop-servers.ts";
import { HOUR, MINUTE, NOW, recipe, run, server, sourceItem } from "../builders.ts";

const { prepare } = recipe();
const waiting = recipe({
  prepare: { ...prepare, stopServer: true, waitForShutoffMs: 10 * MINUTE },
});
const wished = sourceItem({ wishedPower: "ACTIVE", wishedAtMs: NOW });

describe("a guest that is waited for", () => {
  it("has its whole time, from when its server runs for it", () => {
    const saved = { id: "s1", name: "s", notedAtMs: NOW + 8 * MINUTE, preparedAtMs: null };
    const readyAtMs = NOW + 9 * MINUTE;
    const saving = run({ recipe: waiting, savedDisk: { ...saved, readyAtMs } });
    const at = (nowMs: number) =>
      decideServer(saving, server(), { item: wished, isOffByRequest: false }, nowMs);
    expect(at(readyAtMs + 9 * MINUTE)).toMatchObject({ kind: "wait" });
    expect(at(readyAtMs + 10 * MINUTE)).toMatchObject({ kind: "fail", code: "shutoff-timeout" });
  });

  it.each([
    [false, { kind: "note", text: "app has powered itself off" }],
    [true, { kind: "fail", code: "shutoff-unsure" }],
  ])("is off by a request perhaps: %s", (isOffByRequest, decision) => {
    const off = server({ name: "app", status: "SHUTOFF" });
    const power = { item: wished, isOffByRequest };
    expect(decideServer(run({ recipe: waiting }), off, power, NOW)).toMatchObject(decision);
  });
});

describe("who has stopped a server", () => {
  const stop = { action: "stop", requestId: "req-1" };
  const start = { action: "start", requestId: "req-2", projectId: "p" };

  it.each([
    ["its guest", [{ ...stop, projectId: null }, start], false],
    [
      "a request",
      [{ action: "lock", requestId: "req-3", projectId: "p" }, { ...stop, projectId: "p" }, start],
      true,
    ],
    ["nobody since it was started", [start, { ...stop, projectId: "p" }], false],
    ["the cloud does not say", null, true],
  ])("%s", async (_who, actions, isOffByRequest) => {
    let asked = 0;
    const ctx = (item: ReturnType<typeof sourceItem>) => ({
      now: () => NOW,
      source: () => Promise.resolve(item),
      cloud: { compute: { actionsOf: () => Promise.resolve((asked++, actions)) } },
    });
    const off = { id: "server-1", server: server({ status: "SHUTOFF" }) };
    const late = { ...wished, unansweredStopUntilMs: NOW + HOUR };
    const of = run({ recipe: waiting });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else is read
    const see = (item: typeof wished) => seePower(ctx(item) as never, of, off);
    expect(await see(late)).toEqual({ item: late, isOffByRequest });
    expect(await see(wished)).toEqual({ item: wished, isOffByRequest: false });
    expect(asked).toBe(1);
  });
});
