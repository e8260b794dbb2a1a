import { expect, it } from "vitest";
import type { Stage } from "../stage.ts";
import { expectFailed } from "../run-report.ts";
import { makeServer, makeVolume, remove } from "../support.ts";
import { BROKEN, SLOW } from "../upload-turns.ts";
import { startUpload } from "./upload-under-way.ts";

const STOPPED = { prepare: { stop_server: true, stop_timeout: "30s" } };
const UPLOAD_BROKE = {
  code: "image-vanished",
  message: "The cloud deleted the image before it was complete",
  remedy: "Give the request ids to the cloud's operator",
};

/** Each ends with the project as it was before. */
export function interruptedUploadScenarios(stage: Stage): void {
  it("the deadline passes in the middle of the upload", async () => {
    await using scene = await stage.scene("late");
    await makeServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const regild = await scene.regild({ server: scene.name, deadline: "1m", ...STOPPED });

    const { runId } = await startUpload(stage, scene, regild, SLOW);

    expectFailed(await regild.ended(runId), {
      code: "deadline-passed",
      message: "still in check-status, saving",
      remedy: `raise ${scene.name}.deadline`,
    });
    expect(await scene.inventory()).toEqual(before);
  });

  it("a run is cancelled in the middle of the upload", async () => {
    await using scene = await stage.scene("cancel");
    await makeServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const regild = await scene.regild({ server: scene.name, ...STOPPED });

    const { runId } = await startUpload(stage, scene, regild, SLOW);
    await regild.cancel(runId);

    expectFailed(await regild.ended(runId), {
      code: "cancelled",
      message: "Cancelled while the image was uploading",
      remedy: `regild refresh ${scene.name}`,
    });
    expect(await scene.inventory()).toEqual(before);
  });

  it("the upload of a server breaks", async () => {
    await using scene = await stage.scene("broken-server");
    await makeServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const regild = await scene.regild({ server: scene.name, ...STOPPED });

    const { runId } = await startUpload(stage, scene, regild, BROKEN);

    expectFailed(await regild.ended(runId), UPLOAD_BROKE);
    expect(await scene.inventory()).toEqual(before);
  });

  it("the upload of a volume breaks", async () => {
    await using scene = await stage.scene("broken-volume");
    await makeVolume(scene.cloud, scene.name);
    const before = await scene.inventory();
    const image = { disk_format: "qcow2" };
    const regild = await scene.regild({ volume: scene.name, image });

    const { runId } = await startUpload(stage, scene, regild, BROKEN);

    expectFailed(await regild.ended(runId), UPLOAD_BROKE);
    expect(await scene.inventory()).toEqual(before);
  });

  it("somebody deletes the image in the middle of the upload", async () => {
    await using scene = await stage.scene("deleted-image");
    await makeVolume(scene.cloud, scene.name);
    const before = await scene.inventory();
    const image = { disk_format: "qcow2" };
    const regild = await scene.regild({ volume: scene.name, image });

    const { runId, imageId } = await startUpload(stage, scene, regild, SLOW);
    await remove(scene.cloud, "image", imageId);

    expectFailed(await regild.ended(runId), UPLOAD_BROKE);
    expect(await scene.inventory()).toEqual(before);
  });

  // Nova finishes the upload all the same; nobody knows why the server was deleted, so its image is not promoted.
  it("the server is deleted in the middle of the upload", async () => {
    await using scene = await stage.scene("deleted-server");
    const before = await scene.inventory();
    const serverId = await makeServer(scene.cloud, scene.name);
    const regild = await scene.regild({ server: scene.name, ...STOPPED });

    const { runId } = await startUpload(stage, scene, regild, SLOW);
    await remove(scene.cloud, "server", serverId);

    expectFailed(await regild.ended(runId), {
      code: "source-gone",
      message: `The server ${scene.name} (${serverId}) was deleted`,
      remedy: "Build it again",
    });
    expect(await scene.inventory()).toEqual(before);
  });
}
