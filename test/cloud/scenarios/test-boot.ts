import { expect, it } from "vitest";
import { expectFailed, expectSucceeded } from "../run-report.ts";
import type { Stage } from "../stage.ts";
import { bootFrom, makeServer, makeVolumeBackedServer } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

/** A server from each new image, before the image becomes current. */
export function testBootScenarios(stage: Stage): void {
  const { flavor } = bootFrom;

  it("boots from the snapshots of a volume-backed image, and nothing of it is left", async () => {
    await using scene = await stage.scene("boots");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const regild = await scene.regild({ server: scene.name, test_boot: { flavor } });

    const run = await stage.uploads.during(QUICK, () => regild.refresh());

    expectSucceeded(run);
    const steps = run.timeline.filter(({ step }) => step === "test-boot");
    expect(steps.map(({ text }) => text)).toContainEqual(expect.stringMatching(/^booted in \d+ s/));
    const { servers, volumes, images } = await scene.inventory();
    expect({ servers, volumes }).toEqual({ servers: before.servers, volumes: before.volumes });
    expect(new Set(images.map(({ id }) => id))).toEqual(new Set([run.candidate?.id]));
  });

  it("does not become current if its console shows no expected line, and all of it is undone", async () => {
    await using scene = await stage.scene("silent");
    await makeServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const console = { expect: "no guest prints this" };
    const test_boot = { flavor, timeout: "2m", volume_size: 1, console };
    const regild = await scene.regild({ server: scene.name, test_boot });

    const run = await stage.uploads.during(QUICK, () => regild.refresh());

    expectFailed(run, {
      code: "test-boot-failed",
      message: 'printed no line that matches "no guest prints this" within 120 s',
      remedy: `Fix the source, or test_boot of the recipe, then: regild refresh ${scene.name}`,
    });
    expect(await scene.inventory()).toEqual(before);
  });
}
