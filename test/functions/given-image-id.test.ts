import { describe, expect, it } from "vitest";
import type { Effect } from "../../local/simulated-cloud/faults.ts";
import type { Settings } from "../../local/simulated-cloud/settings.ts";
import { load } from "../../shared/protocol/actor.ts";
import { reconcileSource } from "../../shared/protocol/reconcile-source.ts";
import type { Run } from "../../shared/run/record.ts";
import { type SourceItem, sourceKey, sourceSchema } from "../../shared/source/item.ts";
import { MINUTE, recipe } from "../unit/builders.ts";
import { ended } from "./ended.ts";
import { Installation } from "./installation.ts";

/** A volume of a user's, whose images a recipe takes by upload of the volume itself. */
function stage(settings: Partial<Settings> = {}) {
  const on = new Installation();
  const volume = on.cloud.operator.addVolume({ name: "data" });
  Object.assign(on.cloud.settings, { uploadSeconds: () => 5, ...settings });
  const data = recipe({
    name: "data",
    source: { kind: "volume", idOrName: volume.id },
    capture: "volume",
    prepare: { ...recipe().prepare, stopServer: false },
    image: { ...recipe().image, name: "data-${{ short_id }}", diskFormat: "raw" },
    coolingOffMs: 0,
    keep: 5,
  });
  let runs = 0;
  const refresh = (): Promise<Run> => ended(on, data, `anna ${++runs}`);
  const source = async (): Promise<SourceItem | null> =>
    (await load(on.store, sourceKey(volume.id), sourceSchema))?.doc ?? null;
  const checkSource = async (): Promise<void> => {
    const actor = await load(on.store, sourceKey(volume.id), sourceSchema);
    if (actor !== null) await reconcileSource(on.backend, actor);
  };
  const fault = (operation: string, effect: Effect): void =>
    on.cloud.faults.add({ on: { operation, nth: 1 }, effect });
  const images = () =>
    [...on.cloud.world.firstZone.images.values()].filter(({ name }) => name?.startsWith("data-"));
  const asked = (): string[] =>
    on.requests.flatMap(({ body = "" }) => /"(os-[a-z_]+)"/.exec(body)?.slice(1) ?? []);
  return { on, volume, refresh, source, checkSource, fault, images, asked };
}

const LOST: Effect = { kind: "reset", executed: true };
const NEVER_SENT: Effect = { kind: "reset", executed: false };

describe("the image id of an upload of a user's volume", () => {
  it("is written on the volume for the upload, and taken off before the image becomes current", async () => {
    const { refresh, asked, volume, images, source } = stage();
    expect((await refresh()).outcome).toBe("succeeded");
    expect(asked()).toEqual([
      "os-set_image_metadata",
      "os-volume_upload_image",
      "os-unset_image_metadata",
    ]);
    expect(volume.imageMetadata).toEqual({});
    expect((await source())?.givenImageId).toBeNull();
    const second = await refresh();
    expect(second.candidate?.id).toBe(second.chosenImageId);
    expect(images()).toHaveLength(2);
  });

  it.each([
    ["the upload was done and its answer lost", LOST],
    ["the upload never arrived", NEVER_SENT],
  ])("makes one image if %s", async (_what, effect) => {
    const { on, refresh, fault, images, volume, source, checkSource } = stage();
    await refresh();
    fault("volume.uploadImage", effect);
    const beforeMs = on.nowMs;
    const run = await refresh();
    expect(run).toMatchObject({ outcome: "succeeded", candidate: { id: run.chosenImageId } });
    expect(on.nowMs - beforeMs).toBeLessThan(MINUTE);
    expect(images()).toHaveLength(2);

    // The lost request may still come: with the id on the volume, Cinder refuses it.
    expect(volume.imageMetadata).toEqual({ id: run.chosenImageId });
    const dueAtMs = (await source())?.reconcileAtMs ?? 0;
    await checkSource();
    expect(volume.imageMetadata).toEqual({ id: run.chosenImageId });
    on.nowMs = dueAtMs;
    await checkSource();
    expect(volume.imageMetadata).toEqual({});
    expect(await source()).toMatchObject({ givenImageId: null, reconcileAtMs: null });
  });

  it("waits until the one before is off the volume", async () => {
    const { on, refresh, fault, images, source } = stage();
    await refresh();
    fault("volume.uploadImage", LOST);
    const first = await refresh();
    const busyUntilMs = (await source())?.givenImageId?.busyUntilMs ?? 0;
    const second = await refresh();
    expect(second).toMatchObject({ outcome: "succeeded", candidate: { id: second.chosenImageId } });
    expect(second.candidate?.askedAtMs).toBeGreaterThanOrEqual(busyUntilMs);
    expect(second.chosenImageId).not.toBe(first.chosenImageId);
    expect(on.logged.join()).not.toContain("error");
    expect(images()).toHaveLength(3);
  });

  it("is taken off by the volume's own record if the run could not", async () => {
    const { on, refresh, fault, volume, source, checkSource } = stage();
    fault("volume.unsetImageMetadata", LOST);
    expect((await refresh()).outcome).toBe("succeeded");
    on.nowMs = (await source())?.reconcileAtMs ?? on.nowMs;
    await checkSource();
    expect(volume.imageMetadata).toEqual({});
    expect(await source()).toMatchObject({ givenImageId: null, reconcileAtMs: null });
  });

  it("stays as long as the volume is uploading, and is forgotten with the volume", async () => {
    const { on, refresh, fault, volume, source, checkSource } = stage();
    await refresh();
    fault("volume.uploadImage", NEVER_SENT);
    await refresh();
    on.nowMs = (await source())?.givenImageId?.busyUntilMs ?? 0;
    volume.status = "uploading";
    await checkSource();
    expect((await source())?.reconcileAtMs).toBe(on.nowMs + MINUTE);
    on.nowMs += 10 * MINUTE + 1;
    await checkSource();
    expect((await source())?.reconcileAtMs).toBe(on.nowMs + 5 * MINUTE + 1);
    on.cloud.world.volumes.delete(volume.id);
    await checkSource();
    expect(await source()).toMatchObject({ givenImageId: null, reconcileAtMs: null });
  });

  it("is taken off again if a request that was stuck for very long has written it again", async () => {
    const { refresh, volume, images } = stage();
    const first = await refresh();
    volume.imageMetadata["id"] = first.chosenImageId ?? "";
    const second = await refresh();
    expect(second).toMatchObject({ outcome: "succeeded", candidate: { id: second.chosenImageId } });
    expect(volume.imageMetadata).toEqual({});
    expect(images()).toHaveLength(2);
  });

  it("is neither set nor removed on a volume that has one of somebody else", async () => {
    const { refresh, volume, asked, images } = stage();
    const id = "0b0c7a4e-3b52-4f0e-9a55-0c3f6a1d9e77";
    volume.imageMetadata["id"] = id;
    const run = await refresh();
    expect(run).toMatchObject({ outcome: "succeeded", candidate: { id } });
    expect(asked()).toEqual(["os-volume_upload_image"]);
    expect(volume.imageMetadata).toEqual({ id });
    expect(images()).toHaveLength(1);
  });
});

describe("a cloud that does not give the image the id on its volume", () => {
  it.each(["ignored", "refused-400", "refused-403"] as const)(
    "%s: the image is made without, the volume is as before, and the next run asks for none",
    async (chosenImageIds) => {
      const { refresh, volume, asked, images } = stage({ chosenImageIds });
      const first = await refresh();
      expect(first.outcome).toBe("succeeded");
      expect(images().map(({ id }) => id)).toEqual([first.candidate?.id]);
      expect(volume.imageMetadata).toEqual({});
      const before = asked().length;
      expect((await refresh()).outcome).toBe("succeeded");
      expect(asked().slice(before)).toEqual(["os-volume_upload_image"]);
    },
  );

  it.each([400, 403])("because it answers %i to writing the id", async (status) => {
    const { refresh, volume, fault, images } = stage();
    fault("volume.setImageMetadata", { kind: "status", status });
    expect((await refresh()).outcome).toBe("succeeded");
    expect(volume.imageMetadata).toEqual({});
    expect(images()).toHaveLength(1);
  });
});
