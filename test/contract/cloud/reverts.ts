import { beforeAll, expect, it } from "vitest";
import type { RawAnswer } from "../raw-cloud.ts";
import { idIn, type Stage } from "../stage.ts";
import { until } from "../target.ts";

/** Volumes that are put back to a snapshot, and servers that give them away for it. */
export function revertsContract(stage: Stage): void {
  let made = { serverId: "", bootVolumeId: "", dataVolumeId: "" };
  beforeAll(async () => {
    made = await stage.makeVolumeServer(stage.name("reverted"));
  });

  const attachments = (rest = ""): string =>
    `/servers/${made.serverId}/os-volume_attachments${rest}`;
  const snapshotOf = async (volumeId: string, name: string): Promise<string> => {
    const snapshot = { volume_id: volumeId, name: stage.name(name), force: true };
    const id = idIn(await stage.volume("POST", "/snapshots", { snapshot }), "snapshot");
    await stage.untilStatus("snapshot", id, "available");
    return id;
  };
  const revert = (volumeId: string, snapshot_id: string, version = "3.40"): Promise<RawAnswer> =>
    stage.volume("POST", `/volumes/${volumeId}/action`, { revert: { snapshot_id } }, version);
  const stop = async (): Promise<void> => {
    await stage.compute("POST", `/servers/${made.serverId}/action`, { "os-stop": null }, "2.45");
    await stage.untilStatus("server", made.serverId, "SHUTOFF");
  };

  it("neither a root volume nor a data disk is reverted while a server has it, also one that is off", async () => {
    const root = await snapshotOf(made.bootVolumeId, "revert-root");
    const data = await snapshotOf(made.dataVolumeId, "revert-data");
    await stop();
    for (const [volumeId, snapshotId] of [
      [made.bootVolumeId, root],
      [made.dataVolumeId, data],
    ] as const) {
      const refused = await revert(volumeId, snapshotId);
      expect(refused.status).toBe(409);
      expect(refused.text).toContain("Volume's status must be 'available'");
    }
    expect((await revert(made.dataVolumeId, data, "3.39")).status).toBe(404);
    const kept = await stage.compute(
      "DELETE",
      attachments(`/${made.bootVolumeId}`),
      undefined,
      "2.45",
    );
    expect(kept.status).toBe(400);
    expect(kept.text).toContain("Cannot detach a root device volume");
  });

  it("a data disk is detached, reverted to its newest snapshot only, and attached again", async () => {
    const { dataVolumeId } = made;
    const older = await snapshotOf(dataVolumeId, "revert-older");
    // Cinder's database keeps whole seconds: of two snapshots in one, either counts as the newest.
    await stage.target.pass(1.5);
    const newer = await snapshotOf(dataVolumeId, "revert-newer");
    const one = attachments(`/${dataVolumeId}`);
    expect((await stage.compute("GET", one, undefined, "2.79")).json).toMatchObject({
      volumeAttachment: { device: "/dev/vdb", tag: null, delete_on_termination: false },
    });
    expect((await stage.compute("DELETE", one, undefined, "2.45")).status).toBe(202);
    await stage.untilStatus("volume", dataVolumeId, "available");
    // Nova forgets it a moment later than Cinder.
    await until(stage.target, "Nova to forget it", async () =>
      (await stage.compute("GET", one, undefined, "2.79")).status === 404 ? true : null,
    );
    expect((await stage.compute("DELETE", one, undefined, "2.45")).status).toBe(404);
    const refused = await revert(dataVolumeId, older);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("not the latest one");
    expect((await revert(dataVolumeId, newer)).status).toBe(202);
    await stage.untilStatus("volume", dataVolumeId, "available");
    await stage.untilStatus("snapshot", newer, "available");
    const body = { volumeAttachment: { volumeId: dataVolumeId, device: "/dev/vdb" } };
    expect((await stage.compute("POST", attachments(), body, "2.45")).status).toBe(200);
    await stage.untilStatus("volume", dataVolumeId, "in-use");
    expect((await stage.compute("POST", attachments(), body, "2.45")).status).toBe(400);
    expect((await revert(dataVolumeId, newer)).status).toBe(409);
    expect((await stage.compute("GET", one, undefined, "2.79")).json).toMatchObject({
      volumeAttachment: { device: "/dev/vdb" },
    });
  });
}
