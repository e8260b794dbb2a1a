import { expect, it } from "vitest";
import { alteredClouds } from "../altered-clouds.ts";
import type { Scene, Stage } from "../stage.ts";
import { expectFailed } from "../story.ts";
import { makeVolume, makeVolumeBackedServer } from "../support.ts";

/** The cloud says no. Quotas are set on another project, so that they stand in nobody else's way. */
export function refusalScenarios(stage: Stage): void {
  const OVER_QUOTA = {
    code: "quota-exceeded",
    remedy: "ask the cloud's operator for more quota",
  };

  it("the quota of snapshots is used up: Nova's 403, the server runs again", async () => {
    await using scene = await stage.scene("snapshots", "lab-other");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const regild = await scene.regild({ server: scene.name, prepare: { stop_server: true } });

    await limit(scene, { snapshots: 0 });
    const run = await regild.refresh();
    await limit(scene, { snapshots: -1, volumes: -1 });

    expectFailed(run, { ...OVER_QUOTA, message: "Quota exceeded for resources: snapshots" });
    expect(await scene.inventory()).toEqual(before);
  });

  it("the quota of volumes is used up in mid-capture: Cinder's 413, the snapshot goes", async () => {
    await using scene = await stage.scene("volumes", "lab-other");
    await makeVolume(scene.cloud, scene.name);
    const before = await scene.inventory();
    const regild = await scene.regild({ volume: scene.name, capture: "snapshot" });

    await limit(scene, { volumes: 0 });
    const run = await regild.refresh();
    await limit(scene, { snapshots: -1, volumes: -1 });

    expectFailed(run, { ...OVER_QUOTA, message: "VolumeLimitExceeded" });
    expect(await scene.inventory()).toEqual(before);
  });

  it("the password is wrong", async () => {
    await using scene = await stage.scene("password");
    const env = alteredClouds(scene.cloudName, ({ auth, ...entry }) => ({
      ...entry,
      auth: { ...auth, password: "not-the-password" },
    }));
    const regild = await scene.regild({ server: scene.name }, env);

    const run = await regild.refresh();

    expectFailed(run, {
      code: "sign-in-failed",
      message: "401",
      remedy: "clouds.yaml, then: regild doctor",
    });
    expect(JSON.stringify(run)).not.toContain("not-the-password");
  });

  async function limit(
    { cloud }: Scene,
    quota: { snapshots?: number; volumes?: number },
  ): Promise<void> {
    await stage.operator?.volumeQuota(cloud.projectId, quota);
  }
}
