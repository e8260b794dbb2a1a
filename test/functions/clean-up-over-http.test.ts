import { describe, expect, it } from "vitest";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { MINUTE } from "../unit/builders.ts";
import { cleanUpStage } from "./clean-up-stage.ts";

const outdated = (said: string) => ({ message: expect.stringContaining(said) });
const NO_MORE =
  "No more is deleted by this plan. Its deletes of db have begun: a host goes on with them";

describe("a clean-up over HTTP", () => {
  it("that finds the second recipe changed says that deletes of the first have begun", async () => {
    const s = await cleanUpStage();
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
    const s = await cleanUpStage();
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
    const s = await cleanUpStage();
    expect((await s.host().apply(s.plan)).done?.deleted).toEqual(s.old);
    await expect(s.host().apply(s.plan)).rejects.toMatchObject(outdated("deletes of db, web have"));
  });

  it("of which nothing has begun says so", async () => {
    const s = await cleanUpStage();
    const image = s.on.cloud.world.firstZone.images.get(s.old[0] ?? "");
    if (image === undefined) throw new Error("no image");
    s.on.cloud.operator.addServer({ name: "user", image });
    const changed = `Nothing was deleted. Changed: image ${s.old[0]}: planned delete (older than the one image to keep), now keep (in use by server user)`;
    await expect(s.host().apply(s.plan)).rejects.toMatchObject(outdated(changed));
    expect(s.stored()).toEqual([true, true]);
  });

  it("is remembered for ten minutes after its end", async () => {
    const s = await cleanUpStage();
    const host = s.host();
    const first = host.apply(s.plan);
    expect(host.apply(s.plan)).toBe(first);
    await first;
    s.on.nowMs += 11 * MINUTE;
    await expect(host.apply(s.plan)).rejects.toMatchObject(outdated("since the plan"));
  });
});
