import { expect, it } from "vitest";
import { CountedRefreshes } from "./counted-refresh.ts";

const REASON = "sync_status_reason";

/** A server whose boot image has an old reason of failed synchronisation, and is gone. Uploads end before the first look. */
function bootImageGone(key: string): CountedRefreshes {
  const on = new CountedRefreshes("image-backed");
  const { operator, settings } = on.cloud;
  settings.uploadSeconds = () => 2;
  const boot = operator.addImage({ name: "boot", properties: { [key]: "ERROR: of long ago" } });
  const server = operator.addServer({ name: "of-boot", image: boot });
  operator.deleteImage(boot.id);
  on.recipe.source = { kind: "server", idOrName: server.id };
  return on;
}

it.each([REASON, "sync_reason_status"])(
  "with several image services, an inherited %s costs no image",
  async (key) => {
    const on = bootImageGone(key);
    on.hasOneImageService = false;
    for (let refresh = 0; refresh < 2; refresh++)
      expect(await on.refresh()).toMatchObject({ outcome: "succeeded", attempt: 1 });
  },
);

it("with one image service, it costs one image, and the run succeeds", async () => {
  const on = bootImageGone(REASON);
  expect(await on.refresh()).toMatchObject({ outcome: "succeeded", attempt: 2 });
});

it("a reason that the cloud adds at the end of the upload is no inherited one", async () => {
  const on = bootImageGone(REASON);
  on.hasOneImageService = false;
  on.onCall = (call) => {
    if (!/^GET image \/images\/[\w-]{36}$/.test(call)) return;
    on.cloud.settle();
    for (const image of on.cloud.world.firstZone.images.values())
      if (image.status === "active") image.properties[REASON] = "ERROR: of this image";
  };
  expect((await on.refresh()).failure).toMatchObject({ code: "sync-failed" });
});
