import { describe, expect, it } from "vitest";
import { adoptionText } from "../../local/cli/text/adoption.ts";
import { imagesText } from "../../local/cli/text/images.ts";
import { viewAdoption } from "../../local/view/adoption.ts";
import { imagesOf, viewImage } from "../../local/view/images.ts";
import { adopt, planAdoption } from "../../shared/commands/adopt.ts";
import { askForChange } from "../../shared/commands/change-current.ts";
import { announce, round } from "../../shared/commands/clean-up/carry-out.ts";
import { makePlan } from "../../shared/commands/clean-up/make-plan.ts";
import { HOUR } from "../unit/builders.ts";
import { FullServer } from "./full-server.ts";

const DAY = 24 * HOUR;
const installationId = "home01home02";

const depsOf = (on: FullServer) => ({ ...on.deps, installationId });
const plan = (on: FullServer) => makePlan(depsOf(on), { known: ["web"], recipe: null, places: [] });

/** Three images; the first two are beyond what the recipe keeps, and cool off. */
async function withOldImages() {
  const on = new FullServer();
  const of = on.recipe({ keep: 1, coolingOffMs: HOUR });
  for (const _ of [1, 2, 3]) await on.refresh(of);
  return on;
}

describe("regild images", () => {
  it("shows the backup of each image", async () => {
    const on = await withOldImages();
    const state = await on.recipeState();
    const views = imagesOf(state).map((image) => viewImage(state, image, null));
    expect(views.map(({ backup }) => backup).toSorted()).toEqual(on.backups.toSorted());
    expect(views.map(({ snapshots }) => snapshots)).toEqual([[], [], []]);
    expect(imagesText("web", views, on.cloud.nowMs)[1]).toContain("1 backup");
  });
});

describe("regild revoke", () => {
  it("takes the backup with the image", async () => {
    const on = new FullServer();
    await on.refresh();
    const [first = ""] = on.backups;
    const second = await on.refresh();
    const [bad] = (await on.recipeState()).images;
    const asked = { kind: "revoke" as const, from: second.candidate?.id ?? "", by: "anna" };
    const answer = await askForChange(on.deps, "web", {
      ...asked,
      imageId: bad?.id ?? "",
      reason: "a key is in it",
    });
    expect(answer).toHaveProperty("id");
    await on.idle(DAY);
    expect(on.imageNames()).toEqual([second.candidate?.creationName]);
    expect(on.backups).toHaveLength(1);
    expect(on.backups).not.toContain(first);
  });
});

describe("regild clean-up", () => {
  it("lists each backup with its image, and says why", async () => {
    const on = await withOldImages();
    on.cloud.nowMs += 2 * HOUR;
    const { rows } = await plan(on);
    const images = rows.filter(({ kind }) => kind === "image");
    const backups = rows.filter(({ kind }) => kind === "backup");
    expect(images.map(({ fate }) => fate)).toEqual(["delete", "delete", "keep"]);
    expect(backups.map(({ fate, gib }) => [fate, gib])).toEqual([
      ["delete", 40],
      ["delete", 40],
      ["keep", 40],
    ]);
    const { resources } = await on.recipeState();
    for (const { id, fate, why } of backups) {
      const image = resources.find((one) => one.id === id)?.imageId ?? "";
      expect(why).toBe(fate === "keep" ? `image ${image} needs it` : `its image ${image} goes`);
    }
  });

  it("carries it out, round by round, until CBR has no such backup", async () => {
    const on = await withOldImages();
    on.cloud.nowMs += 2 * HOUR;
    const answer = await announce(depsOf(on), await plan(on));
    if (!("works" in answer)) throw new Error("the record has changed");
    let left: string[] = ["?"];
    for (let n = 0; n < 20 && left.length > 0; n++) {
      on.cloud.nowMs += 10_000;
      for (const work of answer.works) left = await round(depsOf(on), work);
    }
    expect(left).toEqual([]);
    expect(on.imageNames()).toHaveLength(1);
    expect(on.backups).toHaveLength(1);
  });
});

describe("regild adopt", () => {
  /** Made by a person in the console, of a backup that a policy has made. */
  async function withForeignImage() {
    const on = new FullServer();
    await on.refresh();
    const foreign = on.cloud.cbr.addBackup({ vaultId: on.vaultId, serverId: on.serverId });
    const [ours] = on.cloud.images.values();
    if (ours === undefined) throw new Error("there is no image");
    const id = "6f1b0f2e-5c0e-4d58-9a57-0a4b5a3d2c11";
    const properties = { __whole_image: "true", __backup_id: foreign };
    on.cloud.images.set(id, { ...ours, id, name: "by hand", tags: [], properties });
    const backup = on.cloud.cbr.backups.get(foreign);
    if (backup !== undefined) backup.imageIds = [id];
    return { on, id, foreign };
  }

  it("leaves the backup of the image where it is, and says so", async () => {
    const { on, id, foreign } = await withForeignImage();
    const asked = { recipeName: "web", id, known: ["web"], by: "anna", reason: null };
    const planned = await planAdoption(depsOf(on), asked);
    if ("refused" in planned) throw new Error(planned.refused);
    const text = adoptionText(viewAdoption(planned, false, on.cloud.nowMs), on.cloud.nowMs);
    expect(text.at(-1)).toBe(`  it names backup ${foreign}, which stays in CBR when it goes`);
    await adopt(depsOf(on), asked);
    await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(DAY);
    expect(on.imageNames()).toHaveLength(1);
    expect(on.backups).toContain(foreign);
    expect(on.backups).toHaveLength(2);
  });
});
