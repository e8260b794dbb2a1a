import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { registerImages, report as reportReason } from "../registrar.ts";
import { openProgram } from "../program.ts";
import { expectFailed, expectPrintedSuccess, expectSucceeded } from "../run-report.ts";
import type { TestCloud } from "../sign-in.ts";
import type { Scene, Stage } from "../stage.ts";
import { makeVolume, until } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

const REASON = "ERROR:A timeout occurred";

/** Two image services that know nothing of each other, and what registers the images of the first in the second. */
export function zoneScenarios(stage: Stage): void {
  const registering = async (scene: Scene, verdict: (nth: number) => string | null) => {
    const [from = "", to = ""] = scene.cloud.imageRegions;
    await makeVolume(scene.cloud, scene.name);
    const registrar = registerImages(scene.cloud, { mark: scene.name, from, to }, verdict);
    const image = { disk_format: "qcow2" };
    const zones = { first: { region_name: from }, second: { region_name: to } };
    const regild = await scene.regild({ volume: scene.name, image, zones });
    return { registrar, refresh: () => stage.uploads.during(QUICK, () => regild.refresh()) };
  };

  it("the registration in the second zone fails twice: the third image is current, one in both zones", async () => {
    await using scene = await stage.scene("sync-twice");
    const { registrar, refresh } = await registering(scene, (nth) => (nth <= 2 ? REASON : null));
    await using _registrar = registrar;
    const run = await refresh();
    expectSucceeded(run);
    expect(registrar.met).toHaveLength(3);
    const told = run.timeline.filter(
      ({ step, text }) => step === "validate-sync" && text.includes(REASON),
    );
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(run.attempt).toBe(3);
    const { images } = await scene.inventory();
    expect(images.map(({ id }) => id)).toEqual([registrar.met[2], registrar.met[2]]);
    expect(new Set(images.map(({ region }) => region)).size).toBe(2);
    expect(new Set(images.map((image) => image["os_hash_value"])).size).toBe(1);
  });

  it("the registration fails for ever: the run says why, and nothing is left in either zone", async () => {
    await using scene = await stage.scene("sync-never");
    const { registrar, refresh } = await registering(scene, () => REASON);
    await using _registrar = registrar;
    const run = await refresh();
    expectFailed(run, { code: "sync-failed", message: REASON, remedy: "" });
    expect(registrar.met).toHaveLength(3);
    expect((await scene.inventory()).images).toEqual([]);
  });

  it("a reason that appears 90 s after the promotion brings the image before back at the next check", async () => {
    await using scene = await stage.scene("sync-late");
    const { registrar, refresh } = await registering(scene, () => null);
    await using _registrar = registrar;
    expectSucceeded(await refresh());
    const run = await refresh();
    expectSucceeded(run);
    const [before = "", faulty = ""] = registrar.met;
    const currentIn = async () => {
      const { images } = await scene.inventory();
      const current = images.filter(({ tags }) => tags.includes(`regild-current-${scene.name}`));
      return { images, ids: current.map(({ id }) => id) };
    };
    expect((await currentIn()).ids).toEqual([faulty]);

    await sleep(90_000);
    const { images } = await currentIn();
    const there = images.find(
      ({ id, region }) => id === faulty && region === scene.cloud.imageRegions[0],
    );
    if (there === undefined) throw new Error(`image ${faulty} is gone`);
    await reportReason(scene.cloud, there, REASON);

    // The first check comes two minutes after the promotion, and the second two minutes later: on a slow machine, the
    // first one may have come before the reason.
    const back = async () => ((await currentIn()).ids.includes(before) ? true : null);
    expect(await until("the image before to be current again", back, 300)).toBe(true);
  });

  const copying = async (scene: Scene, second: object) => {
    await makeVolume(scene.cloud, scene.name);
    const image = {
      disk_format: "qcow2",
      properties: { os_distro: "debian", hw_disk_bus: "virtio" },
    };
    return { volume: scene.name, image, zones: { second } };
  };
  const refreshed = async (scene: Scene, second: object) => {
    const regild = await scene.regild(await copying(scene, second));
    const run = await stage.uploads.during(QUICK, () => regild.refresh());
    expectSucceeded(run);
    return run;
  };

  it("the second zone fetches the image: one in both, with the same id, hash and properties", async () => {
    await using scene = await stage.scene("distribute");
    const [, to = ""] = scene.cloud.imageRegions;
    const run = await refreshed(scene, { region_name: to, distribute: true });
    await expectSameInBoth(scene);
    expect(run.timeline.some(({ text }) => text === "second is to fetch it")).toBe(true);
    expect(run.timeline.some(({ text }) => text === "copied to second")).toBe(true);
  });

  it("Regild itself sends the image to the second zone: one in both, with the same id, hash and properties", async () => {
    await using scene = await stage.scene("streamed");
    const [, to = ""] = scene.cloud.imageRegions;
    const run = await refreshed(scene, { region_name: to, distribute: "stream" });
    await expectSameInBoth(scene);
    expect(run.copies).toMatchObject([{ zone: "second", way: "stream", fetches: 1 }]);
    const began = run.timeline.some(({ text }) => text === "Regild begins to send it to second");
    expect(began).toBe(true);
  });

  it.skipIf(stage.operator === null)(
    "Regild sends the image to the image service of another entry of clouds.yaml",
    async () => {
      await using scene = await stage.scene("other-entry");
      const run = await refreshed(scene, { cloud: "lab-az2", distribute: true });
      await expectSameInBoth(scene);
      expect(run.copies).toMatchObject([{ zone: "second", way: "stream" }]);
    },
  );

  it.skipIf(stage.operator === null)(
    "killed while it sends the image to the second zone: another host goes on, and there is one in both",
    async () => {
      await using scene = await stage.scene("cut-off");
      const [, to = ""] = scene.cloud.imageRegions;
      const fields = await copying(scene, { region_name: to, distribute: "stream" });
      // A gibibyte, so that most of it is on its way.
      fields.image.disk_format = "raw";
      await using regild = openProgram(scene.recipes(fields));
      await regild.serve();
      const runId = await stage.uploads.during(SEEN_SAVING, async () => {
        const { report } = await regild.run("refresh", scene.name);
        const saving = async () => {
          const { images } = await scene.inventory();
          return images.some(({ region, status }) => region === to && status === "saving") || null;
        };
        await until("the copy to be saving", saving, 300);
        return report.id;
      });
      await regild.kill();
      await regild.serve();
      expectPrintedSuccess(await regild.ended(runId));
      await expectSameInBoth(scene);
    },
  );

  // By default, Glance lets admins alone copy images to further stores.
  it.skipIf(stage.operator === null)(
    "the image service copies the image to its second store: one image, in both stores",
    async (context) => {
      await using scene = await stage.scene("two-stores", "lab-admin");
      if (!(await hasFurtherStores(scene.cloud))) context.skip("this image service has one store");
      const run = await refreshed(scene, { store: "second", distribute: true });
      const { images } = await scene.inventory();
      expect(images.map(({ status, stores }) => [status, stores])).toEqual([
        ["active", "file,second"],
      ]);
      expect(run.copies).toMatchObject([{ zone: "second", way: "store", fetches: 1 }]);
      expect(run.timeline.some(({ text }) => text.includes("second: in store second"))).toBe(true);
    },
  );

  it.skipIf(stage.operator === null)(
    "a project that may copy nothing to further stores is told so, and nothing is left",
    async (context) => {
      await using scene = await stage.scene("no-stores");
      if (!(await hasFurtherStores(scene.cloud))) context.skip("this image service has one store");
      const fields = await copying(scene, { store: "second", distribute: true });
      const regild = await scene.regild(fields);
      const run = await stage.uploads.during(QUICK, () => regild.refresh());
      expectFailed(run, { code: "forbidden", message: "copy_image", remedy: "" });
      expect((await scene.inventory()).images).toEqual([]);
    },
  );

  it("a run that is cancelled while Regild sends its image leaves nothing in either zone", async () => {
    await using scene = await stage.scene("called-off");
    const [, to = ""] = scene.cloud.imageRegions;
    const fields = await copying(scene, { region_name: to, distribute: "stream" });
    const regild = await scene.regild(fields);
    const id = await regild.start();
    await regild.runWhen(id, "the copy to be sent", ({ copies }) =>
      copies.some(({ fetches }) => fetches > 0),
    );
    await regild.cancel(id);
    expect((await regild.ended(id)).outcome).toBe("cancelled");
    expect((await scene.inventory()).images).toEqual([]);
  });
}

/** Long enough for the copy to be seen on its way. */
const SEEN_SAVING = { savingSeconds: 8 };

const SHOWN = [
  "id",
  "name",
  "os_hash_value",
  "size",
  "regild_owner",
  "os_distro",
  "hw_disk_bus",
] as const;

async function expectSameInBoth(scene: Scene): Promise<void> {
  const { images } = await scene.inventory();
  const zones = scene.cloud.imageRegions.slice(0, 2);
  const [made, copy] = zones.map((zone) => images.filter(({ region }) => region === zone));
  expect(made).toHaveLength(1);
  expect(copy).toHaveLength(1);
  const [one, other] = [made, copy].map((of) => SHOWN.map((key) => of?.[0]?.[key]));
  expect(one).toEqual(other);
  expect(one?.every((value) => typeof value === "string" || typeof value === "number")).toBe(true);
}

/** An image service with one store alone tells of none. */
async function hasFurtherStores(cloud: TestCloud): Promise<boolean> {
  const path = "/v2/info/stores";
  const { status } = await cloud.call({ service: "image", path, expected: [200, 404] });
  return status === 200;
}
