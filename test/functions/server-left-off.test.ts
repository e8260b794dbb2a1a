import { expect, it } from "vitest";
import { recipeNeedTexts } from "../../local/cli/text/recipe-needs.ts";
import { statusOf } from "../../local/view/queries.ts";
import type { RecipeStatus } from "../../local/view/status.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { start } from "../../shared/protocol/start.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import type { Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { HOUR, MINUTE, recipe } from "../unit/builders.ts";
import { ended } from "./ended.ts";
import { Installation } from "./installation.ts";

const WEB = recipe({ prepare: { ...recipe().prepare, stopServer: true } });

/** A cloud that stops web-golden for an image, and refuses to start it again. */
function stage() {
  const on = new Installation();
  const { operator } = on.cloud;
  const server = operator.addServer({
    name: "web-golden",
    image: operator.addImage({ name: "debian-12" }),
  });
  const refusal = { on: { operation: "compute.start", times: 1000 }, effect: REFUSED };
  on.cloud.faults.add(refusal);
  on.recipes.set(WEB.name, WEB);
  const status = async (): Promise<RecipeStatus> => {
    const { recipes } = await statusOf({
      store: on.store,
      recipes: on.recipes,
      now: () => on.nowMs,
    });
    const [only] = recipes;
    if (only === undefined) throw new Error("no recipe");
    return only;
  };
  return { on, server, status };
}
const REFUSED = { kind: "status" as const, status: 503, message: "no host is free" };

/** Cancelled as soon as it has stopped its server, and worked on until it ends. */
async function cancelledWhenStopped({ on }: ReturnType<typeof stage>): Promise<Run> {
  const trigger = { kind: "command" as const, by: "anna", id: "anna 1" };
  const id = await start(on.backend, on.backend.installationId, WEB, trigger);
  for (let check = 0; check < 400; check++) {
    const run = await on.run(id);
    if (run.outcome !== null) return run;
    if (run.stoppedAtMs !== null) await on.store.mark(runKey(id), { cancelAtMs: on.nowMs });
    on.nowMs = Math.max(on.nowMs, run.reconcileAtMs) + 1;
    const { key, version } = await on.item(runKey(id));
    await reconcile(on.backend, refresh, { key, version }, new Map());
  }
  throw new Error(`${id} does not end`);
}

it("a server that a cancelled run could not start again needs somebody, until it runs", async () => {
  const s = stage();
  expect((await cancelledWhenStopped(s)).outcome).toBe("cancelled");
  const left = await s.status();
  expect(left).toMatchObject({
    needs_you: true,
    servers_left_off: [{ id: s.server.id, name: "web-golden", why: null }],
  });
  const [first, ...others] = recipeNeedTexts(left, s.on.nowMs);
  expect(others).toEqual([]);
  expect(first?.cause).toMatch(/^web-golden is SWITCHED OFF since .*, and no run is at work$/);
  expect(first?.next).toContain(`openstack server show ${s.server.id}`);

  s.on.cloud.faults.clear();
  for (let minute = 0; minute < 120; minute++) {
    s.on.nowMs += MINUTE;
    s.on.sent.length = 0;
    await sweep(s.on.backend);
    for (const { request } of s.on.sent) await reconcile(s.on.backend, refresh, request, new Map());
  }
  expect(await s.status()).toMatchObject({ needs_you: false, servers_left_off: [] });
});

it("is told of as well when the next run has failed before it saw the server", async () => {
  const s = stage();
  const first = await cancelledWhenStopped(s);
  expect(first.outcome).toBe("cancelled");
  s.on.nowMs += HOUR;
  s.on.cloud.faults.add({
    on: { method: "POST", path: "/auth/tokens", times: 1000 },
    effect: { kind: "status", status: 401 },
  });
  const second = await ended(s.on, WEB, "anna 2");
  expect(second).toMatchObject({ outcome: "failed", source: null });
  const { servers_left_off: off } = await s.status();
  expect(off).toMatchObject([{ id: s.server.id }]);
});
