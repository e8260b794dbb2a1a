import { expect, it } from "vitest";
import { expectSucceeded } from "../run-report.ts";
import { signIn } from "../sign-in.ts";
import type { Stage } from "../stage.ts";
import { currentByTag, makeVolume, observe } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

/** Images of one project that consumers in another project use. */
export function sharingScenarios(stage: Stage): void {
  it("a member finds the current image by its tag, and the one before not any more", async () => {
    await using scene = await stage.scene("shared");
    const other = await signIn("lab-other");
    await makeVolume(scene.cloud, scene.name);
    const regild = await scene.regild({
      volume: scene.name,
      image: {
        disk_format: "qcow2",
        visibility: "shared",
        unshare_retired: true,
        members: [{ project: other.projectId, cloud: "lab-other" }],
      },
    });
    const first = await refreshed();
    expect(await currentByTag(other, scene.name)).toEqual([first]);
    const second = await refreshed();
    expect(await currentByTag(other, scene.name)).toEqual([second]);
    expect(await observe(other, "image", first)).toBeNull();
    expect(await observe(scene.cloud, "image", first)).not.toBeNull();

    async function refreshed(): Promise<string> {
      const run = await stage.uploads.during(QUICK, () => regild.refresh());
      expectSucceeded(run);
      return run.candidate?.id ?? "";
    }
  });
}
