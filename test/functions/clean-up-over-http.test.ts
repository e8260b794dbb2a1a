import { describe, expect, it } from "vitest";
import { cleanUpActions } from "../../local/clean-up-actions.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { start } from "../../shared/protocol/start.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { MINUTE, recipe } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

/** Two recipes with an image each that is older than the one to keep. */
async function stage() {
  const on = new Installation();
  const base = on.cloud.operator.addImage({ name: "base" });
  on.cloud.operator.addServer({ name: "web-golden", image: base });
  const old: string[] = [];
  for (const name of ["db", "web"]) {
    const known = recipe({ name, coolingOffMs: 0 });
    on.recipes.set(name, known);
    for (const n of [1, 2]) {
      const trigger = { kind: "command", by: "anna", id: `${name} ${n}` } as const;
      const id = await start(on.backend, on.backend.installationId, known, trigger);
      for (let round = 0; round < 200 && (await on.run(id)).outcome === null; round++) {
        on.nowMs = Math.max(on.nowMs, (await on.run(id)).reconcileAtMs) + 1;
        const { key, version } = await on.item(runKey(id));
        await reconcile(on.backend, refresh, { key, version }, new Map());
      }
    }
    const state = await on.recipeState(name);
    if (state.rules === null) throw new Error("no rules");
    const { version } = await on.item(recipeStateKey(name));
    const rules = { ...state.rules, keep: 1 };
    on.put(recipeStateKey(name), { ...state, rules }, version + 1);
    old.push(state.images.find((image) => image.state === "retired")?.id ?? "");
  }
  /** Another process of the host knows no earlier request. */
  const host = () => cleanUpActions(on.backend, () => on.recipes);
  const { plan } = await host().plan(null);
  const stored = () => old.map((id) => on.cloud.world.firstZone.images.has(id));
  return { on, host, plan, old, stored };
}

const outdated = (said: string) => ({ message: expect.stringContaining(said) });
const NO_MORE =
  "No more is deleted by this plan. Its deletes of db have begun: a host goes on with them";

describe("a clean-up over HTTP", () => {
  it("that finds the second recipe changed says that deletes of the first have begun", async () => {
    const s = await stage();
    const { store } = s.on;
    const commit = store.commit.bind(store);
    store.commit = async (write, version) => {
      const done = await commit(write, version);
      if (write.key.pk !== recipeStateKey("db").pk) return done;
      store.commit = commit;
      const state = await s.on.recipeState("web");
      const { version: before } = await s.on.item(recipeStateKey("web"));
      const images = state.images.map((image) => ({
        ...image,
        pinned: { atMs: s.on.nowMs, by: "anna", reason: "audit" },
      }));
      s.on.put(recipeStateKey("web"), { ...state, images }, before + 1);
      return done;
    };
    await expect(s.host().apply(s.plan)).rejects.toMatchObject(outdated(NO_MORE));
    const [db] = (await s.on.recipeState("db")).images;
    expect([db?.state, s.stored()]).toEqual(["deleting", [true, true]]);
    await expect(s.host().apply(s.plan)).rejects.toMatchObject(outdated(NO_MORE));
  });

  it("answers what remains when the cloud fails after the mark, and the same again", async () => {
    const s = await stage();
    s.on.onAnswer = (request, answer) =>
      request.method === "DELETE"
        ? { kind: "response", status: 500, headers: {}, text: "" }
        : answer;
    const host = s.host();
    const { done } = await host.apply(s.plan);
    expect(done).toEqual({ deleted: [], remaining: s.old });
    expect((await host.apply(s.plan)).done).toEqual(done);
  });

  it("that is sent again after a restart says what has begun", async () => {
    const s = await stage();
    expect((await s.host().apply(s.plan)).done?.deleted).toEqual(s.old);
    await expect(s.host().apply(s.plan)).rejects.toMatchObject(outdated("deletes of db, web have"));
  });

  it("of which nothing has begun says so", async () => {
    const s = await stage();
    const image = s.on.cloud.world.firstZone.images.get(s.old[0] ?? "");
    if (image === undefined) throw new Error("no image");
    s.on.cloud.operator.addServer({ name: "user", image });
    await expect(s.host().apply(s.plan)).rejects.toMatchObject(outdated("Nothing was deleted"));
    expect(s.stored()).toEqual([true, true]);
  });

  it("is remembered for ten minutes after its end", async () => {
    const s = await stage();
    const host = s.host();
    const first = host.apply(s.plan);
    expect(host.apply(s.plan)).toBe(first);
    await first;
    s.on.nowMs += 11 * MINUTE;
    await expect(host.apply(s.plan)).rejects.toMatchObject(outdated("since the plan"));
  });
});
