import { expect, it } from "vitest";
import type { Stage } from "../stage.ts";
import { expectFailed, expectSucceeded } from "../run-report.ts";
import { makeVolumeBackedServer } from "../support.ts";

/** Cinder's default: a volume that is attached is not uploaded, whatever `force` says. */
export function forcedUploadScenarios(stage: Stage): void {
  it("the upload of a volume in use is refused, and the remedy works", async () => {
    await using scene = await stage.scene("attached");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const volume = `${scene.name}-data`;
    const image = { disk_format: "qcow2" };
    const upload = await scene.regild({ volume, image, prepare: { allow_live: true } });
    const remedy = await scene.regild({ volume, image, capture: "snapshot" });

    stage.operator?.forcedUploads(false);
    try {
      expectFailed(await upload.refresh(), {
        code: "force-refused",
        message: "status must be available",
        remedy: "Set capture: snapshot",
      });
      expect(await scene.inventory()).toEqual(before);

      const run = await remedy.refresh();
      expectSucceeded(run);
      const images = [expect.objectContaining({ id: run.candidate?.id, status: "active" })];
      expect(await scene.inventory()).toEqual({ ...before, images });
    } finally {
      stage.operator?.forcedUploads(true);
    }
  });
}
