import { expect, it } from "vitest";
import { openProgram, type Program } from "../program.ts";
import { printedReport } from "../run-report.ts";
import type { TestCloud } from "../sign-in.ts";
import type { Stage } from "../stage.ts";
import { currentByTag, makeVolume, observe, until } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

const ENDED = { done: 0, waits: 5 };
/** So soon after the command a look-up by tag finds the image of before. */
const SHOWN_WITHIN_S = 5;

/** A person approves, rejects, goes back and withdraws, and the cloud shows it. */
export function decisionScenarios(stage: Stage): void {
  it("approved, rejected, rolled back and revoked: look-ups by tag follow", async () => {
    await using scene = await stage.scene("decided");
    const { cloud, name } = scene;
    await makeVolume(cloud, name);
    const image = { disk_format: "qcow2" };
    const recipes = scene.recipes({
      volume: name,
      image,
      keep: 3,
      cooling_off: "1d",
      promote: "approve",
    });
    await using regild = openProgram(recipes);
    await regild.serve();

    const first = await candidate(regild, name);
    expect(await currentByTag(cloud, name)).toEqual([]);
    expect(await regild.status("approve", name, "--yes")).toBe(ENDED.done);
    expect((await regild.ended(first.run)).state).toBe("succeeded");
    expect(await currentByTag(cloud, name)).toEqual([first.image]);

    const refused = await candidate(regild, name);
    expect(await regild.status("reject", name, "--reason", "it does not start", "--yes")).toBe(
      ENDED.done,
    );
    expect((await regild.ended(refused.run)).failure?.code).toBe("rejected");
    expect(await observe(cloud, "image", refused.image)).toBeNull();
    expect(await currentByTag(cloud, name)).toEqual([first.image]);

    const second = await candidate(regild, name);
    expect(await regild.status("approve", second.run, "--yes")).toBe(ENDED.done);
    expect((await regild.ended(second.run)).state).toBe("succeeded");
    expect(await currentByTag(cloud, name)).toEqual([second.image]);

    expect(await regild.status("rollback", name, "--reason", "no network", "--yes")).toBe(
      ENDED.done,
    );
    await untilTagged(cloud, name, first.image);
    expect(await regild.status("revoke", first.image, "--reason", "a key", "--yes")).toBe(
      ENDED.done,
    );
    // The image that was left is chosen by its name only.
    await untilTagged(cloud, name, null);
    expect(await observe(cloud, "image", first.image)).toMatchObject({
      os_hidden: true,
      tags: expect.arrayContaining(["regild-revoked"]),
    });
    expect(await regild.status("rollback", name, second.image, "--yes")).toBe(ENDED.done);
    await untilTagged(cloud, name, second.image);
  });

  it("an approval that nobody gives in time: the image is deleted", async () => {
    await using scene = await stage.scene("unapproved");
    const { cloud, name } = scene;
    await makeVolume(cloud, name);
    const asks = { promote: "approve", approve_within: "1m", image: { disk_format: "qcow2" } };
    await using regild = openProgram(scene.recipes({ volume: name, ...asks }));
    await regild.serve();
    const { run, image } = await candidate(regild, name);
    expect((await regild.ended(run)).failure?.code).toBe("approval-timed-out");
    expect(await observe(cloud, "image", image)).toBeNull();
    expect(await currentByTag(cloud, name)).toEqual([]);
  });

  /** A run that waits for its answer. */
  async function candidate(
    regild: Program,
    recipe: string,
  ): Promise<{ run: string; image: string }> {
    const { status, report } = await stage.uploads.during(QUICK, () =>
      regild.run("refresh", recipe, "--wait"),
    );
    if (status !== ENDED.waits) throw new Error(printedReport(report));
    return { run: report.id, image: report.image?.id ?? "" };
  }
}

/** The command ends once the record has it; the host shows the cloud in the same moment, or a moment later. */
async function untilTagged(cloud: TestCloud, recipe: string, image: string | null): Promise<void> {
  const wanted = image ?? "";
  const isTagged = async () =>
    (await currentByTag(cloud, recipe)).join(" ") === wanted ? true : null;
  await until(`the tag on ${image ?? "no image"}`, isTagged, SHOWN_WITHIN_S);
}
