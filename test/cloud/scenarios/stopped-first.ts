import { expect, it } from "vitest";
import { expectSucceeded } from "../run-report.ts";
import type { Stage } from "../stage.ts";
import { makeServer, makeVolumeBackedServer, observe, untilStatus } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

/** Servers that are off while the image is taken: their guest has powered itself off, or they have the volume. */
export function stoppedFirstScenarios(stage: Stage): void {
  it("a guest that powers itself off is waited for, and its server runs again afterwards", async () => {
    await using scene = await stage.scene("sysprep");
    const id = await makeServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const prepare = { wait_for_shutoff: "5m" };
    const regild = await scene.regild({ server: scene.name, prepare });
    const run = await stage.uploads.during(QUICK, async () => {
      const runId = await regild.start();
      await regild.runWhen(runId, "the run to wait for the guest", ({ timeline }) =>
        timeline.some(({ text }) => text === `waits for ${scene.name} to power itself off`),
      );
      await stage.operator?.powerOff(id);
      // Seen 25 s later: Nova holds libvirt's event back for 15 s (nova/virt/libvirt/host.py, _event_emit_delayed).
      await untilStatus(scene.cloud, "server", id, "SHUTOFF");
      return regild.ended(runId);
    });
    expectSucceeded(run);
    expect(run.timeline.filter(({ kind, text }) => kind === "intent" && /stop/.test(text))).toEqual(
      [],
    );
    expect((await observe(scene.cloud, "server", id))?.status).toBe("ACTIVE");
    const { images, ...others } = await scene.inventory();
    expect(images.map((image) => image.id)).toEqual([run.candidate?.id]);
    expect({ ...others, images: [] }).toEqual(before);
  });

  it("the server that has the volume is off while the volume is uploaded, and runs again afterwards", async () => {
    await using scene = await stage.scene("volume-stop");
    const { serverId } = await makeVolumeBackedServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const fields = { volume: `${scene.name}-data`, prepare: { stop_server: true } };
    const regild = await scene.regild({ ...fields, image: { disk_format: "qcow2" } });
    const run = await stage.uploads.during(QUICK, async () => {
      const runId = await regild.start();
      await regild.runWhen(runId, "the upload", ({ candidate }) => candidate !== null);
      expect((await observe(scene.cloud, "server", serverId))?.status).toBe("SHUTOFF");
      return regild.ended(runId);
    });
    expectSucceeded(run);
    expect(run.stops.map((stop) => stop.serverId)).toEqual([serverId]);
    expect((await observe(scene.cloud, "server", serverId))?.status).toBe("ACTIVE");
    const { images, ...others } = await scene.inventory();
    expect(images).toHaveLength(1);
    expect({ ...others, images: [] }).toEqual(before);
  });
}
