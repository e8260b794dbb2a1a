import { expect, it } from "vitest";
import * as z from "zod";
import type { Run } from "../../../shared/run/record.ts";
import type { Regild } from "../regild.ts";
import type { Scene, Stage } from "../stage.ts";
import { expectSucceeded } from "../story.ts";
import { type ImageThing, makeServer, makeVolume, makeVolumeBackedServer } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

/** Each kind of source, refreshed three times with `keep: 2`. */
export function refreshScenarios(stage: Stage): void {
  it("an image-backed server, stopped for its image", async () => {
    await using scene = await stage.scene("web");
    await makeServer(scene.cloud, scene.name);
    await expectTwoImagesKept(stage, scene, {
      server: scene.name,
      prepare: { stop_server: true },
    });
  });

  it("a volume-backed server with a data volume", async () => {
    await using scene = await stage.scene("db");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    await expectTwoImagesKept(stage, scene, { server: scene.name });
  });

  it("the root volume of a volume-backed server, stopped for its snapshot", async () => {
    await using scene = await stage.scene("root");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    await expectTwoImagesKept(stage, scene, {
      server: scene.name,
      capture: "root_volume",
      prepare: { stop_server: true },
      image: { disk_format: "qcow2" },
    });
  });

  it("a volume", async () => {
    await using scene = await stage.scene("data");
    await makeVolume(scene.cloud, scene.name);
    await expectTwoImagesKept(stage, scene, {
      volume: scene.name,
      image: { disk_format: "qcow2" },
    });
  });
}

/** The last image current, the one before retired, and else the project as it was: every server running, no volume more. */
async function expectTwoImagesKept(
  stage: Stage,
  scene: Scene,
  fields: { image?: object; [field: string]: unknown },
): Promise<void> {
  const before = await scene.inventory();
  const image = { ...fields.image, properties: { os_distro: "golden" }, min_disk: 1 };
  const regild = await scene.regild({ ...fields, image });

  const runs = await refreshThrice(stage, regild);
  for (const run of runs) expectSucceeded(run);
  for (const run of runs) expectEveryChangeProven(run);

  const after = await scene.inventory();
  const [retired, current] = runs.slice(1).map((run) => imageOf(run, after.images));
  expect(after.images).toHaveLength(2);
  expect(current).toMatchObject({ tags: [`regild-current-${scene.name}`], os_hidden: false });
  expect(retired).toMatchObject({ tags: ["regild-retired"], os_hidden: true });
  expect(current).toMatchObject({ regild_replaces: retired?.id });

  const named = after.images.flatMap(snapshotsNamedBy).toSorted();
  expect(after.snapshots.map(({ id }) => id).toSorted()).toEqual(named);
  expect({ ...after, images: [], snapshots: [] }).toEqual(before);
}

async function refreshThrice(stage: Stage, regild: Regild): Promise<Run[]> {
  const runs: Run[] = [];
  for (let round = 0; round < 3; round++) {
    runs.push(await stage.uploads.during(QUICK, () => regild.refresh()));
  }
  return runs;
}

/** The image that the run made, with everything the recipe asks for on it. */
function imageOf(run: Run, images: ImageThing[]): ImageThing | undefined {
  const { candidate, home, recipeName } = run;
  const image = images.find(({ id }) => id === candidate?.id);
  expect(image).toMatchObject({
    name: run.imageName,
    status: "active",
    visibility: "private",
    min_disk: 1,
    os_distro: "golden",
    image_type: "image",
    regild_recipe: recipeName,
    regild_owner: `${home}/${run.id}/${candidate?.tryId}/${candidate?.id}`,
  });
  expect(run.imageName).toContain(recipeName);
  return image;
}

function expectEveryChangeProven(run: Run): void {
  const calls = run.timeline.flatMap((event) => event.calls);
  const changes = calls.filter(({ method }) => method !== "GET");
  expect(changes.map(({ path }) => path.split("/").at(-1))).toContain("action");
  expect(changes.filter(({ requestId }) => requestId?.startsWith("req-") !== true)).toEqual([]);
}

const blockDevices = z.array(z.object({ snapshot_id: z.string() }));

/** A volume-backed image's content; Glance keeps the mapping as JSON in a property. */
function snapshotsNamedBy({ block_device_mapping: mapping = "[]" }: ImageThing): string[] {
  const devices = blockDevices.parse(JSON.parse(z.string().parse(mapping)));
  return devices.map((device) => device.snapshot_id);
}
