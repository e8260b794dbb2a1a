import { describe, expect, it } from "vitest";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { HOUR } from "../unit/builders.ts";
import { expectStoppedMeanwhile } from "./stopped-meanwhile.ts";
import { ImsInstallation } from "./ims-installation.ts";

const SYSTEM = "Ubuntu 22.04 server 64bit";

/** A recipe for the data disk of the installation's server, which runs. */
function ofDisk(on: ImsInstallation, capture: Recipe["capture"], allowLive = true): Recipe {
  const idOrName = on.cloud.addDisk("web-data", on.serverId);
  const { prepare, image } = on.recipe();
  return on.recipe({
    capture,
    source: { kind: "volume", idOrName },
    prepare: { ...prepare, allowLive },
    image: { ...image, osVersion: capture === "system_from_data_disk" ? SYSTEM : null },
  });
}

describe.each(["data_disk", "system_from_data_disk"] as const)("capture: %s", (capture) => {
  it("has IMS make the image of the volume, and makes the image of the job current", async () => {
    const on = new ImsInstallation();
    const recipe = ofDisk(on, capture);
    const run = await on.refresh(recipe);
    expect(run.failure).toBeNull();
    const name = run.candidate?.creationName;
    const volume = { volume_id: recipe.source.idOrName };
    expect(on.cloud.asked).toEqual([
      capture === "data_disk"
        ? { data_images: [{ name, ...volume }] }
        : { name, ...volume, os_version: SYSTEM, type: "ECS" },
    ]);
    const [image] = on.cloud.images.values();
    expect(image?.id).toBe(run.candidate?.id);
    expect(image?.tags).toContain("regild-current-web");
  });

  it("sends a create without an answer again, and makes one image", async () => {
    const on = new ImsInstallation();
    on.cloud.plans = [{ recordAfter: 600, seconds: 60, fails: null }];
    on.cloud.lostAnswers = 1;
    const run = await on.refresh(ofDisk(on, capture));
    expect(run.outcome).toBe("succeeded");
    expect(on.cloud.asked).toHaveLength(2);
    expect(on.imageNames()).toEqual([run.candidate?.creationName]);
  });

  it("fails with the reason of the job, and leaves nothing", async () => {
    const on = new ImsInstallation();
    const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage: true };
    on.cloud.plans = [{ recordAfter: 3, seconds: 60, fails }];
    const { outcome, failure } = await on.refresh(ofDisk(on, capture));
    expect(outcome).toBe("failed");
    expect(failure?.message).toContain("An exception occurred (IMG.0014)");
    await on.idle(24 * HOUR);
    expect(on.imageNames()).toEqual([]);
  });

  it("refuses the disk of a server that runs, unless the recipe allows it", async () => {
    const on = new ImsInstallation();
    const { failure } = await on.refresh(ofDisk(on, capture, false));
    expect(failure).toMatchObject({
      code: "volume-live",
      remedy: expect.stringContaining("stop_server"),
    });
    expect(on.cloud.asked).toEqual([]);
  });

  it("stops the server first, and starts it when the job has ended", async () => {
    const on = new ImsInstallation();
    const recipe = ofDisk(on, capture, false);
    recipe.prepare.stopServer = true;
    const run = await on.refresh(recipe);
    expect(run.outcome).toBe("succeeded");
    expectStoppedMeanwhile(on);
  });

  it("of a disk that is gone fails before IMS is asked", async () => {
    const on = new ImsInstallation();
    const recipe = ofDisk(on, capture);
    on.cloud.disks.clear();
    const { failure } = await on.refresh(recipe);
    expect(failure).toMatchObject({ code: "source-not-found" });
    expect(on.cloud.asked).toEqual([]);
  });
});
