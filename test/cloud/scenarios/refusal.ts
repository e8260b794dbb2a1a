import { expect, it } from "vitest";
import { alteredClouds } from "../altered-clouds.ts";
import { openProgram } from "../program.ts";
import type { Scene, Stage } from "../stage.ts";
import { expectFailed } from "../run-report.ts";
import { inventory, makeVolume, makeVolumeBackedServer } from "../support.ts";

/** The cloud says no. Each quota is set on a project of its own, so that it stands in nobody else's way. */
export function refusalScenarios(stage: Stage): void {
  const OVER_QUOTA = {
    code: "quota-exceeded",
    remedy: "ask the cloud's operator for more quota",
  };

  it("the quota of snapshots is used up: the server is not even stopped", async () => {
    await using scene = await stage.scene("snapshots", "lab-other");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const regild = await scene.regild({ server: scene.name, prepare: { stop_server: true } });

    const run = await limited(scene, { snapshots: 0 }, () => regild.refresh());

    expectFailed(run, { ...OVER_QUOTA, message: "too small for a run: snapshots" });
    expect(run.stoppedAtMs).toBeNull();
    expect(await scene.inventory()).toEqual(before);
  });

  it("the quota of volumes is used up in mid-capture: Cinder's 413, the snapshot goes, and the next run begins nothing", async () => {
    await using scene = await stage.scene("volumes", "lab-admin");
    await makeVolume(scene.cloud, scene.name);
    const before = await scene.inventory();
    const regild = await scene.regild({ volume: scene.name, capture: "snapshot" });

    const { volumes } = await inventory(scene.cloud);
    const id = await regild.start();
    // The run has read the quota by now, and found it large enough.
    await regild.runWhen(id, "its source", ({ source }) => source !== null);
    const [run, next] = await limited(scene, { volumes: volumes.length }, async () => [
      await regild.ended(id),
      await regild.refresh(),
    ]);

    expectFailed(run, { ...OVER_QUOTA, message: "VolumeLimitExceeded" });
    expectFailed(next, { ...OVER_QUOTA, message: "too small for a run: volumes" });
    expect(next.snapshot).toBeNull();
    expect(await scene.inventory()).toEqual(before);
  });

  it("the password is wrong: the program says what to do, and its exit status that the run failed", async () => {
    await using scene = await stage.scene("password");
    const cloudsYaml = alteredClouds(scene.cloudName, (entry) => ({
      ...entry,
      auth: { ...entry.auth, password: "not-the-password" },
    }));
    await using regild = openProgram(scene.recipes({ server: scene.name }), { cloudsYaml });

    const { status, report } = await regild.run("refresh", scene.name, "--wait");

    expect(status).toBe(3);
    expect(report).toMatchObject({
      state: "failed",
      failure: { code: "sign-in-failed" },
      left: [],
    });
    expect(report.failure?.message).toContain("401");
    expect(report.failure?.remedy).toContain("clouds.yaml, then: regild doctor");
    expect(report.failure?.calls).toContainEqual(
      expect.objectContaining({ path: "/v3/auth/tokens", status: 401 }),
    );
    expect(JSON.stringify(report)).not.toContain("not-the-password");
  });

  /** With this quota of the scene's project meanwhile. */
  async function limited<T>(
    { cloud }: Scene,
    quota: { snapshots?: number; volumes?: number },
    work: () => Promise<T>,
  ): Promise<T> {
    await stage.operator?.volumeQuota(cloud.projectId, quota);
    try {
      return await work();
    } finally {
      await stage.operator?.volumeQuota(cloud.projectId, { snapshots: -1, volumes: -1 });
    }
  }
}
