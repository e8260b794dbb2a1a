import { expect, it } from "vitest";
import type { RunReport } from "../../../local/view/run-report.ts";
import { alteredClouds } from "../altered-clouds.ts";
import { proxyBefore } from "../endpoint-proxy.ts";
import { openProgram } from "../program.ts";
import type { Scene, Stage } from "../stage.ts";
import { expectPrintedSuccess } from "../run-report.ts";
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
      const { report } = await regild.run("refresh", scene.name);
      await untilImage(scene, "saving");
      return report.id;
    });
    await regild.kill();
    await regild.serve();

    expectPrintedSuccess(await regild.ended(runId));
    await expectOneImageMore(scene, before);
  });

  it("killed when createImage was executed, and not answered yet", async () => {
    await using scene = await stage.scene("unanswered");
    await makeServer(scene.cloud, scene.name);
    const source = { server: scene.name, ...STOPPED };
    const run = await killedAt(stage, scene, source, { ...CREATE_IMAGE, executed: true });
    expectResolved(run, "found by its name");
  });

  it("killed when the upload of a volume was begun, and not answered yet", async () => {
    await using scene = await stage.scene("begun");
    await makeVolume(scene.cloud, scene.name);
    const source = { volume: scene.name, image: { disk_format: "qcow2" } };
    const run = await killedAt(stage, scene, source, { ...UPLOAD, executed: true });
    expectResolved(run, "found by its name");
  });

  it("killed when createImage was announced, and not sent yet", async () => {
    await using scene = await stage.scene("unsent");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    const source = { server: scene.name, ...STOPPED };
    const run = await killedAt(stage, scene, source, { ...CREATE_IMAGE, executed: false });
    expectResolved(run, "no answer came, and nothing is named");
  });
}

interface Call {
  service: "compute" | "volume";
  text: string;
}
const CREATE_IMAGE: Call = { service: "compute", text: "createImage" };
const UPLOAD: Call = { service: "volume", text: "os-volume_upload_image" };

/**
 * Refreshes; at the first such call the host is killed, and a new one started.
 * @param at `executed`: after the cloud has done it; else before it was sent.
 * @returns the run at its end, when there is one image more, and nothing else.
 */
async function killedAt(
  stage: Stage,
  scene: Scene,
  source: object,
  at: Call & { executed: boolean },
): Promise<RunReport> {
  const before = await scene.inventory();
  const executed: number[] = [];
  let isMet = false;
  await using proxy = await proxyBefore(scene.cloud.url(at.service), async (request, forward) => {
    if (isMet || !request.body.includes(at.text)) return forward();
    isMet = true;
    if (at.executed) executed.push((await forward()).status);
    await regild.kill();
    return null;
  });
  const override = { [`${at.service}_endpoint_override`]: proxy.url };
  const cloudsYaml = alteredClouds(scene.cloudName, (entry) => ({ ...entry, ...override }));
  await using regild = openProgram(scene.recipes(source), { cloudsYaml });

  await regild.serve();
  const runId = await stage.uploads.during(QUICK, async () => {
    const { report } = await regild.run("refresh", scene.name);
    await regild.gone();
    if (at.executed) await untilImage(scene, "active");
    return report.id;
  });
  await regild.serve();

  const run = await regild.ended(runId);
  expect(executed).toEqual(at.executed ? [202] : []);
  expectPrintedSuccess(run);
  await expectOneImageMore(scene, before);
  return run;
}

async function untilImage(scene: Scene, status: string): Promise<void> {
  await until(`an image that is ${status}`, async () => {
    const { images } = await scene.inventory();
    return images.some((image) => image.status === status) ? true : null;
  });
}

function expectResolved(run: RunReport, message: string): void {
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
