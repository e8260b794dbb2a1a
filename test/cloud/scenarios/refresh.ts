import { expect, it } from "vitest";
import * as z from "zod/mini";
import type { RunReport } from "../../../local/view/run-report.ts";
import { openProgram, type Program } from "../program.ts";
import type { Scene, Stage } from "../stage.ts";
import { expectPrintedSuccess } from "../run-report.ts";
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
  await using regild = openProgram(scene.recipes({ ...fields, image }));

  await refreshed(stage, regild, scene.name);
  const second = await refreshed(stage, regild, scene.name);
  const third = await refreshed(stage, regild, scene.name);

  const after = await scene.inventory();
  const retired = imageOf(second, after.images);
  const current = imageOf(third, after.images);
  expect(after.images).toHaveLength(2);
  expect(retired).toMatchObject({ tags: ["regild-retired"], os_hidden: true });
  expect(current).toMatchObject({ tags: [`regild-current-${scene.name}`], os_hidden: false });
  expect(current).toMatchObject({ regild_replaces: retired?.id });

  const named = after.images.flatMap(snapshotsNamedBy).toSorted();
  expect(after.snapshots.map(({ id }) => id).toSorted()).toEqual(named);
  expect({ ...after, images: [], snapshots: [] }).toEqual(before);
}

/** @returns the run's report, as `regild status` tells it afterwards. */
async function refreshed(stage: Stage, regild: Program, recipe: string): Promise<RunReport> {
  const { status, report } = await stage.uploads.during(QUICK, () =>
    regild.run("refresh", recipe, "--wait"),
  );
  expectPrintedSuccess(report);
  expect(status).toBe(0);
  const told = (await regild.run("status", report.id)).report;
  const changes = told.steps.flatMap(({ calls }) => calls).filter(({ method }) => method !== "GET");
  expect(changes.map(({ path }) => path.split("/").at(-1))).toContain("action");
  expect(changes.filter((call) => call.request_id?.startsWith("req-") !== true)).toEqual([]);
  return told;
}

/** The image that the run made, with everything the recipe asks for on it. */
function imageOf({ id, recipe, image }: RunReport, images: ImageThing[]): ImageThing | undefined {
  const made = images.find((one) => one.id === image?.id);
  expect(made).toMatchObject({
    name: image?.name,
    status: "active",
    visibility: "private",
    min_disk: 1,
    os_distro: "golden",
    image_type: "image",
    regild_recipe: recipe,
    regild_owner: expect.stringMatching(`^[0-9a-z]+/${id}/[0-9a-z]{6}/${image?.id}$`),
  });
  expect(image?.name).toContain(recipe);
  return made;
}

const blockDevices = z.array(z.object({ snapshot_id: z.string() }));

/** A volume-backed image's content; Glance keeps the mapping as JSON in a property. */
function snapshotsNamedBy({ block_device_mapping: mapping = "[]" }: ImageThing): string[] {
  const devices = blockDevices.parse(JSON.parse(z.string().parse(mapping)));
  return devices.map((device) => device.snapshot_id);
}
