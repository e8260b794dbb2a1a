import { expect, it } from "vitest";
import * as z from "zod/mini";
import { expectSucceeded } from "../run-report.ts";
import { signIn, type TestCloud } from "../sign-in.ts";
import type { Stage } from "../stage.ts";
import { makeVolume, observe } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

const list = z.object({ images: z.array(z.object({ id: z.string() })) });

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
    expect(await tagged(other, scene.name)).toEqual([first]);
    const second = await refreshed();
    expect(await tagged(other, scene.name)).toEqual([second]);
    expect(await observe(other, "image", first)).toBeNull();
    expect(await observe(scene.cloud, "image", first)).not.toBeNull();

    async function refreshed(): Promise<string> {
      const run = await stage.uploads.during(QUICK, () => regild.refresh());
      expectSucceeded(run);
      return run.candidate?.id ?? "";
    }
  });
}

async function tagged(cloud: TestCloud, recipe: string): Promise<string[]> {
  const path = `/v2/images?tag=regild-current-${recipe}`;
  const { json } = await cloud.call({ service: "image", path });
  return list.parse(json).images.map(({ id }) => id);
}
