import { describe, expect, it } from "vitest";
import type { Effect } from "../../local/simulated-cloud/faults.ts";
import type { Settings } from "../../local/simulated-cloud/settings.ts";
import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { load } from "../../shared/protocol/actor.ts";
import { reconcileRecipe } from "../../shared/protocol/reconcile-recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { MINUTE, recipe } from "../unit/builders.ts";
import { ended } from "./ended.ts";
import { Installation } from "./installation.ts";

/** A project whose servers all boot from volumes, in a cloud that Regild does not know yet. */
function stage(settings: Partial<Settings> = {}) {
  const on = new Installation();
  const { operator } = on.cloud;
  const base = operator.addImage({ name: "debian-12" });
  operator.addServer({
    name: "web-golden",
    volumes: [operator.addVolume({ name: "root", image: base })],
  });
  Object.assign(on.cloud.settings, settings);
  let runs = 0;
  const refresh = (): Promise<Run> => ended(on, recipe({ keep: 5 }), `anna ${++runs}`);
  const fault = (operation: string, effect: Effect): void =>
    on.cloud.faults.add({ on: { operation, nth: 1 }, effect });
  /** Empty images made, deletes of images, creates of images. */
  const asked = () => {
    const count = (of: RegExp) =>
      on.requests.filter(({ method, url, body = "" }) =>
        of.test(`${method} ${new URL(url).pathname} ${body}`),
      ).length;
    return {
      empty: count(/^POST \/image\/az1\/v2\/images .*regild-fence-/),
      creates: count(/createImage/),
    };
  };
  const images = () => [...on.cloud.world.firstZone.images.values()].map(({ name }) => name);
  const snapshots = () => on.cloud.world.snapshots.size;
  return { on, refresh, fault, asked, images, snapshots };
}

const LOST: Effect = { kind: "reset", executed: true };
const NEVER_SENT: Effect = { kind: "reset", executed: false };

describe("the first image of a server that boots from volumes", () => {
  it("asks for its id after an empty image has shown that Glance takes one, and nothing of that is left", async () => {
    const { refresh, asked, images, snapshots } = stage();
    const first = await refresh();
    expect(first).toMatchObject({ outcome: "succeeded", triedImageId: null, leftovers: [] });
    expect(first.timeline.map(({ text }) => text)).toContain(
      "the image service takes ids of our choosing",
    );
    expect(asked()).toEqual({ empty: 1, creates: 1 });
    expect(images()).toEqual(["debian-12", expect.stringMatching(/^web-/)]);
    expect(snapshots()).toBe(1);
  });

  it("tries that out once, and then knows it", async () => {
    const { refresh, asked } = stage();
    await refresh();
    expect((await refresh()).outcome).toBe("succeeded");
    expect(asked()).toEqual({ empty: 1, creates: 2 });
  });

  it.each([
    ["the answer to the empty image is lost", "image.create", LOST],
    ["the empty image is not sent", "image.create", NEVER_SENT],
    ["the answer to its delete is lost", "image.delete", LOST],
    ["its delete is not sent", "image.delete", NEVER_SENT],
  ])("%s: the trial is repeated, and nothing of it is left", async (_what, operation, effect) => {
    const { refresh, fault, images } = stage();
    fault(operation, effect);
    expect(await refresh()).toMatchObject({ outcome: "succeeded", leftovers: [] });
    expect(images()).toEqual(["debian-12", expect.stringMatching(/^web-/)]);
  });

  it("whose empty image cannot be deleted asks for its id as well, and the inventory deletes the empty one", async () => {
    const { on, refresh, fault, images, asked } = stage();
    fault("image.delete", { kind: "status", status: 409 });
    const run = await refresh();
    expect(run).toMatchObject({ outcome: "succeeded", triedImageId: null });
    const [late] = (await on.recipeState("web")).lateAttempts;
    expect(late?.name).toMatch(/^regild-fence-/);
    expect(asked()).toEqual({ empty: 1, creates: 1 });
    for (let n = 0; n < 3; n++) {
      on.nowMs += 5 * MINUTE;
      const actor = await load(on.store, recipeStateKey("web"), recipeStateSchema);
      if (actor !== null) await reconcileRecipe(on.backend, actor);
    }
    expect(images()).toEqual(["debian-12", expect.stringMatching(/^web-/)]);
  });

  it.each(["refused-400", "refused-403"] as const)(
    "asks for no id where Glance takes none (%s), and Nova makes its snapshots once",
    async (chosenImageIds) => {
      const { refresh, asked, snapshots } = stage({ chosenImageIds });
      expect(await refresh()).toMatchObject({ outcome: "succeeded", leftovers: [] });
      expect(await refresh()).toMatchObject({ outcome: "succeeded", leftovers: [] });
      expect(asked()).toEqual({ empty: 1, creates: 2 });
      expect(snapshots()).toBe(2);
    },
  );

  it("is not made where the quota of images is used up, and the run says so", async () => {
    const { on, refresh, asked, images } = stage({ imageQuota: 1 });
    const run = await refresh();
    expect(run).toMatchObject({ outcome: "failed", failure: { code: "quota-exceeded" } });
    expect(asked().creates).toBe(0);
    on.cloud.settings.imageQuota = null;
    expect((await refresh()).outcome).toBe("succeeded");
    expect(images()).toEqual(["debian-12", expect.stringMatching(/^web-/)]);
  });

  it("goes on with the image that it gets where Nova ignores the id, and asks for none afterwards", async () => {
    const { refresh, asked } = stage({ chosenImageIds: "ignored" });
    expect((await refresh()).outcome).toBe("succeeded");
    expect((await refresh()).outcome).toBe("succeeded");
    expect(asked()).toEqual({ empty: 1, creates: 2 });
  });
});
