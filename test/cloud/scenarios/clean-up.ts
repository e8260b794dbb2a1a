import { expect, it } from "vitest";
import * as z from "zod/mini";
import { openProgram } from "../program.ts";
import type { Scene, Stage } from "../stage.ts";
import { signIn, type TestCloud } from "../sign-in.ts";
import {
  type ImageThing,
  makeVolumeBackedServer,
  observe,
  removeNow,
  untilStatus,
} from "../support.ts";
import { QUICK } from "../upload-turns.ts";

/** Volume-backed images: what keeps their snapshots, and what regild clean-up says of it. */
export function cleanUpScenarios(stage: Stage): void {
  it("ten refreshes with keep: 3 leave three images and exactly their snapshots", async () => {
    await using scene = await stage.scene("ten");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    await using regild = openProgram(scene.recipes({ server: scene.name, keep: 3 }));
    for (let n = 0; n < 10; n++) await refreshed(stage, regild, scene.name);

    const { images, snapshots } = await scene.inventory();
    expect(images).toHaveLength(3);
    expect(ids(snapshots)).toEqual(images.flatMap((image) => namedBy(image)).toSorted());
    const { document } = await regild.cleanUp("--dry-run");
    expect(document.counts.delete).toBe(0);
    const own = document.rows.filter(({ recipe }) => recipe === scene.name);
    expect(own.filter(({ kind }) => kind === "image")).toHaveLength(3);
    expect(ids(own.filter(({ kind }) => kind === "snapshot"))).toEqual(ids(snapshots));
  });

  it("a snapshot stays that a hidden, shared or community image names, or a volume hangs on", async () => {
    await using scene = await stage.scene("named");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    const other = await signIn("lab-other");
    await using regild = openProgram(scene.recipes({ server: scene.name, keep: 1 }));
    await refreshed(stage, regild, scene.name);
    const first = await scene.inventory();
    const [old] = first.images;
    const snapshots = old === undefined ? [] : namedBy(old);
    expect(snapshots).toHaveLength(2);
    const [root = "", data = ""] = snapshots;
    const made: Array<[TestCloud, string]> = [];
    const name = async (cloud: TestCloud, fields: object) => {
      const id = await register(cloud, {
        name: `${scene.name}-names`,
        ...mapping([root]),
        ...fields,
      });
      made.push([cloud, id]);
      return id;
    };
    try {
      const hidden = await name(scene.cloud, { os_hidden: true, ...mapping(snapshots) });
      const community = await name(other, { visibility: "community" });
      const shared = await name(other, { visibility: "shared" });
      await other.call({
        service: "image",
        method: "POST",
        path: `/v2/images/${shared}/members`,
        body: { member: scene.cloud.projectId },
      });
      await refreshed(stage, regild, scene.name);
      expect(await observe(scene.cloud, "image", old?.id ?? "")).toBeNull();
      // Before, it would have kept the image itself.
      const volumeId = await volumeOf(scene, data);

      // Taken away one after another: the snapshot stays until nobody names it.
      for (const [cloud, id] of [
        [scene.cloud, hidden],
        [other, community],
        [other, shared],
      ] as const) {
        const plan = await regild.cleanUp("--dry-run");
        const row = plan.document.rows.find((one) => one.id === root);
        expect(row).toMatchObject({
          fate: "keep",
          in_use_by: expect.arrayContaining([`image ${id}`]),
        });
        await removeNow(cloud, "image", id);
      }
      const last = await regild.cleanUp("--dry-run");
      expect(last.document.rows.find((one) => one.id === root)).toMatchObject({ fate: "delete" });
      expect(last.document.rows.find((one) => one.id === data)).toMatchObject({
        fate: "keep",
        why: `volume ${volumeId} was made from it`,
      });
      const done = await regild.cleanUp("--plan", last.document.plan);
      expect(done).toMatchObject({ status: 0, document: { done: { deleted: [root] } } });
      expect(await observe(scene.cloud, "snapshot", root)).toBeNull();
      expect(await observe(scene.cloud, "snapshot", data)).not.toBeNull();
      const again = await regild.cleanUpRefused("--plan", last.document.plan);
      expect(again).toBe(6);
    } finally {
      for (const [cloud, id] of made) await removeNow(cloud, "image", id);
    }
  });
}

/** What others need may be left, so only the exit status counts. */
async function refreshed(
  stage: Stage,
  regild: ReturnType<typeof openProgram>,
  recipe: string,
): Promise<void> {
  const { status } = await stage.uploads.during(QUICK, () =>
    regild.run("refresh", recipe, "--wait"),
  );
  expect(status).toBe(0);
}

function ids(things: ReadonlyArray<{ id: string }>): string[] {
  return things.map(({ id }) => id).toSorted();
}

const blockDevices = z.array(z.object({ snapshot_id: z.string() }));

function namedBy({ block_device_mapping: text = "[]" }: ImageThing): string[] {
  return blockDevices.parse(JSON.parse(z.string().parse(text))).map((device) => device.snapshot_id);
}

function mapping(snapshotIds: string[]): Record<string, string> {
  const devices = snapshotIds.map((id, index) => ({
    source_type: "snapshot",
    snapshot_id: id,
    boot_index: index,
  }));
  return { block_device_mapping: JSON.stringify(devices) };
}

async function register(cloud: TestCloud, body: object): Promise<string> {
  const answer = await cloud.call({ service: "image", method: "POST", path: "/v2/images", body });
  return z.object({ id: z.string() }).parse(answer.json).id;
}

async function volumeOf({ cloud, name }: Scene, snapshotId: string): Promise<string> {
  const answer = await cloud.call({
    service: "volume",
    method: "POST",
    path: "/volumes",
    body: { volume: { name: `${name}-of-snapshot`, snapshot_id: snapshotId } },
  });
  const { id } = z.object({ volume: z.object({ id: z.string() }) }).parse(answer.json).volume;
  await untilStatus(cloud, "volume", id, "available");
  return id;
}
