import { describe, expect, it } from "vitest";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { HOUR } from "../unit/builders.ts";
import { ImsInstallation } from "./ims-installation.ts";

const KEY = "bd66288c-9081-460a-8227-4cbd0c814cb4";

function installation(): { on: ImsInstallation; of: Recipe } {
  const on = new ImsInstallation();
  on.cloud.keys.add(KEY);
  const { image } = on.recipe();
  return { on, of: on.recipe({ image: { ...image, cmkId: KEY } }) };
}

/** Images by their keys. */
function keys({ cloud }: ImsInstallation): Array<string | undefined> {
  cloud.settle();
  return [...cloud.images.values()].map(({ properties }) => properties["__system__cmkid"]);
}

describe("an image with a key", () => {
  it("is the encrypted copy of the one that IMS has made, which is deleted before the promotion", async () => {
    const { on, of } = installation();
    const id = await on.begin(of);
    await on.follow(id, ({ step }) => step === "validate-sync");
    expect(keys(on)).toEqual([KEY]);
    const run = await on.follow(id);
    expect(run).toMatchObject({ outcome: "succeeded", leftovers: [], failure: null });
    expect(on.cloud.copies).toEqual([{ name: run.imageName, cmk_id: KEY }]);
    expect(keys(on)).toEqual([KEY]);
    const { current, uploadSeconds, images } = await on.recipeState();
    expect(current).toBe(run.candidate?.id);
    expect(images.map(({ state }) => state)).toEqual(["gone", "current"]);
    expect(uploadSeconds).toHaveLength(1);
    const [plainName] = on.cloud.asked.map(({ name }) => name);
    expect(run.imageName).not.toBe(plainName);
  });

  it("is asked for again under its name after a lost answer, and made once", async () => {
    const { on, of } = installation();
    on.cloud.lostCopies = 2;
    const run = await on.refresh(of);
    expect(run).toMatchObject({ outcome: "succeeded", leftovers: [] });
    expect(new Set(on.cloud.copies.map(({ name }) => name)).size).toBe(1);
    expect(keys(on)).toEqual([KEY]);
  });

  it.each([
    ["IMG.0095", "key-unfit"],
    ["IMG.0097", "key-unfit"],
    ["IMG.0015", "quota-exceeded"],
  ])("that is refused with %s fails the run, and leaves nothing", async (code, failure) => {
    const { on, of } = installation();
    on.cloud.copyRefusals = [code];
    const run = await on.refresh(of);
    expect(run.failure).toMatchObject({ code: failure, step: "distribute" });
    expect(run.failure?.message).toContain(code);
    expect(keys(on)).toEqual([]);
  });

  it.each(["IMG.0060", "IMG.0148"])("is asked for again after %s", async (code) => {
    const { on, of } = installation();
    on.cloud.copyRefusals = [code];
    expect((await on.refresh(of)).outcome).toBe("succeeded");
    expect(keys(on)).toEqual([KEY]);
  });

  it.each([false, true])("whose job fails is undone (copy left: %s)", async (leavesImage) => {
    const { on, of } = installation();
    const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage };
    on.cloud.copyPlans = [{ recordAfter: 3, seconds: 60, fails }];
    const run = await on.refresh(of);
    expect(run.failure?.code).toBe("image-job-failed");
    await on.idle(HOUR);
    expect(keys(on)).toEqual([]);
  });

  it("does not become current if IMS names another key for it", async () => {
    const { on, of } = installation();
    on.cloud.tellsKeys = false;
    const run = await on.refresh(of);
    expect(run.failure).toMatchObject({ code: "not-encrypted" });
    await on.idle(HOUR);
    expect(keys(on)).toEqual([]);
  });

  it("that is cancelled while it is copied leaves nothing, also where the copy comes later", async () => {
    const { on, of } = installation();
    const id = await on.begin(of);
    await on.follow(id, (run) => run.copyJob !== undefined);
    await on.cancel(id);
    expect((await on.follow(id)).outcome).toBe("cancelled");
    await on.idle(2 * HOUR);
    expect(keys(on)).toEqual([]);
  });

  it("needs room for two in the quota, before anything is made", async () => {
    const { on, of } = installation();
    on.cloud.quota = 1;
    const run = await on.refresh(of);
    expect(run.failure?.code).toBe("quota-exceeded");
    expect(run.failure?.message).toContain("a run needs 2 more");
    expect(on.cloud.asked).toEqual([]);
  });
});
