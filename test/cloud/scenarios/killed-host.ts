import { expect, it } from "vitest";
import { alteredClouds } from "../altered-clouds.ts";
import { proxyBefore } from "../endpoint-proxy.ts";
import { openProgram } from "../program.ts";
import type { Scene, Stage } from "../stage.ts";
import { expectPrintedSuccess } from "../story.ts";
import {
  type Inventory,
  makeServer,
  makeVolume,
  makeVolumeBackedServer,
  until,
} from "../support.ts";
import { QUICK, SLOW } from "../upload-turns.ts";

const STOPPED = { prepare: { stop_server: true } };

/** `kill -9` of `regild serve`, and a new one: the run goes on where it was, and makes one image. */
export function killedHostScenarios(stage: Stage): void {
  it.skipIf(stage.operator === null)("killed in the middle of the upload", async () => {
    await using scene = await stage.scene("killed");
    await makeServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    await using regild = openProgram(scene.recipes({ server: scene.name, ...STOPPED }));

    await regild.serve();
    const runId = await stage.uploads.during(SLOW, async () => {
      const { story } = await regild.run("refresh", scene.name);
      await untilImage(scene, "saving");
      return story.id;
    });
    await regild.kill();
    await regild.serve();

    expectPrintedSuccess(await regild.ended(runId));
    await expectOneImageMore(scene, before);
  });

  it("killed when createImage was executed, and not answered yet", async () => {
    await using scene = await stage.scene("unanswered");
    await makeServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    await using proxy = await met(scene, "compute", "createImage", async (send) => {
      await send();
      await regild.kill();
    });
    await using regild = openProgram(
      scene.recipes({ server: scene.name, ...STOPPED }),
      proxy.cloudsYaml,
    );

    await regild.serve();
    const runId = await stage.uploads.during(QUICK, async () => {
      const { story } = await regild.run("refresh", scene.name);
      await regild.gone();
      await untilImage(scene, "active");
      return story.id;
    });
    await regild.serve();

    await expectSettled(regild.ended(runId), "found by its name");
    await expectOneImageMore(scene, before);
  });

  it("killed when the upload of a volume was begun, and not answered yet", async () => {
    await using scene = await stage.scene("begun");
    await makeVolume(scene.cloud, scene.name);
    const before = await scene.inventory();
    await using proxy = await met(scene, "volume", "os-volume_upload_image", async (send) => {
      await send();
      await regild.kill();
    });
    const image = { disk_format: "qcow2" };
    await using regild = openProgram(
      scene.recipes({ volume: scene.name, image }),
      proxy.cloudsYaml,
    );

    await regild.serve();
    const runId = await stage.uploads.during(QUICK, async () => {
      const { story } = await regild.run("refresh", scene.name);
      await regild.gone();
      await untilImage(scene, "active");
      return story.id;
    });
    await regild.serve();

    await expectSettled(regild.ended(runId), "found by its name");
    await expectOneImageMore(scene, before);
  });

  it("killed when createImage was announced, and not sent yet", async () => {
    await using scene = await stage.scene("unsent");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    await using proxy = await met(scene, "compute", "createImage", () => regild.kill());
    await using regild = openProgram(
      scene.recipes({ server: scene.name, ...STOPPED }),
      proxy.cloudsYaml,
    );

    await regild.serve();
    const { story } = await regild.run("refresh", scene.name);
    await regild.gone();
    await regild.serve();

    await expectSettled(regild.ended(story.id), "no answer came, and nothing is named");
    await expectOneImageMore(scene, before);
  });
}

/** @returns the clouds.yaml of a Regild whose first request with this text is met on its way. */
async function met(
  scene: Scene,
  service: "compute" | "volume",
  text: string,
  meet: (send: () => Promise<void>) => Promise<void>,
): Promise<AsyncDisposable & { cloudsYaml: string }> {
  const proxy = await proxyBefore(scene.cloud.url(service), text, meet);
  const override = { [`${service}_endpoint_override`]: proxy.url };
  const cloudsYaml = alteredClouds(scene.cloudName, (entry) => ({ ...entry, ...override }));
  return { ...proxy, cloudsYaml };
}

async function untilImage(scene: Scene, status: string): Promise<void> {
  await until(`an image that is ${status}`, async () => {
    const { images } = await scene.inventory();
    return images.some((image) => image.status === status) ? true : null;
  });
}

async function expectSettled(
  ended: ReturnType<ReturnType<typeof openProgram>["ended"]>,
  message: string,
): Promise<void> {
  const run = await ended;
  expectPrintedSuccess(run);
  expect(run.events.map((event) => event.message).join("\n")).toContain(message);
}

async function expectOneImageMore(scene: Scene, before: Inventory): Promise<void> {
  const after = await scene.inventory();
  const current = { status: "active", tags: [`regild-current-${scene.name}`] };
  const named = JSON.stringify(after.images.map((image) => image["block_device_mapping"] ?? ""));
  expect(after.images).toEqual([expect.objectContaining(current)]);
  expect(after.snapshots.filter(({ id }) => !named.includes(id))).toEqual([]);
  expect({ ...after, images: [], snapshots: [] }).toEqual(before);
}
