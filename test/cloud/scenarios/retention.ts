import { expect, it } from "vitest";
import type { Regild } from "../regild.ts";
import type { Scene, Stage } from "../stage.ts";
import { expectSucceeded } from "../run-report.ts";
import { observe, makeImage, makeServer, makeVolume, protectImage, removeNow } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

/** With `keep: 1` and no cooling-off time: what is not deleted, is not because of what these tests say. */
export function retentionScenarios(stage: Stage): void {
  it("a retired image that somebody has protected is not deleted", async () => {
    await using scene = await stage.scene("protected");
    await makeVolume(scene.cloud, scene.name);
    const regild = await scene.regild({
      volume: scene.name,
      keep: 1,
      image: { disk_format: "qcow2" },
    });
    const first = await refreshed(stage, regild);
    await protectImage(scene.cloud, first, true);

    const second = await refreshed(stage, regild);

    await expectImages(scene, [first, second]);
  });

  it("an image that the recipe protects is refused to everybody, and Regild itself deletes it when its time has come", async () => {
    await using scene = await stage.scene("protects");
    const { cloud } = scene;
    await makeVolume(cloud, scene.name);
    const regild = await scene.regild({
      volume: scene.name,
      keep: 1,
      image: { disk_format: "qcow2", protected: true },
    });
    const first = await refreshed(stage, regild);
    expect(await observe(cloud, "image", first)).toMatchObject({ protected: true });
    const path = `/v2/images/${first}`;
    const byHand = await cloud.call({ service: "image", method: "DELETE", path, expected: [403] });
    expect(byHand.status).toBe(403);

    const second = await refreshed(stage, regild);

    await expectImages(scene, [second]);
    expect(await observe(cloud, "image", second)).toMatchObject({ protected: true });
  });

  it("a retired image that a server was booted from is not deleted", async () => {
    await using scene = await stage.scene("in-use");
    await makeServer(scene.cloud, scene.name);
    const regild = await scene.regild({ server: scene.name, keep: 1 });
    const first = await refreshed(stage, regild);
    await makeServer(scene.cloud, `${scene.name}-user`, first);

    const second = await refreshed(stage, regild);

    await expectImages(scene, [first, second]);
  });

  it("an image made by hand of a server booted from ours is never touched, though it inherits our marks", async () => {
    await using scene = await stage.scene("by-hand");
    await makeServer(scene.cloud, scene.name);
    const regild = await scene.regild({ server: scene.name, keep: 1 });
    const ours = await refreshed(stage, regild);
    const userId = await makeServer(scene.cloud, `${scene.name}-user`, ours);
    const handMade = await stage.uploads.during(QUICK, () =>
      makeImage(scene.cloud, userId, `${scene.name}-by-hand`),
    );
    const before = await observe(scene.cloud, "image", handMade);
    expect(before).toMatchObject({ regild_owner: expect.stringContaining(ours) });
    await removeNow(scene.cloud, "server", userId);

    const next = await refreshed(stage, regild);

    await expectImages(scene, [handMade, next]);
    expect(await observe(scene.cloud, "image", handMade)).toEqual(before);
  });
}

/** @returns the id of the image that is now current. */
async function refreshed(stage: Stage, regild: Regild): Promise<string> {
  const run = await stage.uploads.during(QUICK, () => regild.refresh());
  expectSucceeded(run);
  return run.candidate?.id ?? "";
}

async function expectImages(scene: Scene, ids: string[]): Promise<void> {
  const { images } = await scene.inventory();
  expect(images.map(({ id }) => id)).toEqual(ids.toSorted((a, b) => a.localeCompare(b)));
}
