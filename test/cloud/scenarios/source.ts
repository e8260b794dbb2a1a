import { expect, it } from "vitest";
import type { Stage } from "../stage.ts";
import { expectFailed } from "../run-report.ts";
import { makeServer, makeVolume, removeAll } from "../support.ts";

/** A recipe that does not say, or no longer says, what to take an image of. */
export function sourceScenarios(stage: Stage): void {
  it("no server has the name", async () => {
    await using scene = await stage.scene("nameless");
    const regild = await scene.regild({ server: scene.name });

    expectFailed(await regild.refresh(), {
      code: "source-not-found",
      message: `No server is named "${scene.name}"`,
      remedy: `correct ${scene.name}.server`,
    });
  });

  it("two servers have the name", async () => {
    await using scene = await stage.scene("twins");
    const ids = await Promise.all([1, 2].map(() => makeServer(scene.cloud, scene.name)));
    const before = await scene.inventory();
    const regild = await scene.regild({ server: scene.name });

    const run = await regild.refresh();

    expectFailed(run, {
      code: "source-ambiguous",
      message: "2 servers are named",
      remedy: `Write the id of the one that is meant into ${scene.name}.server`,
    });
    for (const id of ids) expect(run.failure?.message).toContain(id);
    expect(await scene.inventory()).toEqual(before);
  });

  it("the source was deleted before the run", async () => {
    await using scene = await stage.scene("gone");
    const volumeId = await makeVolume(scene.cloud, scene.name);
    await removeAll(scene.cloud, scene.name);
    const regild = await scene.regild({ volume: volumeId });

    expectFailed(await regild.refresh(), {
      code: "source-not-found",
      message: volumeId,
      remedy: "openstack volume list",
    });
  });
}
