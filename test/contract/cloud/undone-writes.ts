import { expect } from "vitest";
import type { Stage } from "../stage.ts";
import { until } from "../target.ts";

/**
 * Glance reads an image when its data begins to arrive, and writes all of it back at the end: whatever was
 * changed in between is lost. Seen on Zed through Nova and through Cinder alike. Fields and status are written first,
 * tags by a transaction of their own right after (glance/db/__init__.py, `ImageRepo.save`): who looks in between finds
 * the image active, with the tags that it is about to lose. Seen in 17 of 20 uploads looked at without a pause.
 */
export async function expectUndone(stage: Stage, imageId: string, name: string): Promise<void> {
  const before = await stage.untilStatus("image", imageId, "saving");
  const patched = await stage.patch(imageId, [
    { op: "replace", path: "/name", value: stage.name("changed") },
    { op: "add", path: "/regild_owner", value: "home/run/try/id" },
    { op: "replace", path: "/os_hidden", value: true },
    { op: "replace", path: "/min_disk", value: 7 },
  ]);
  expect(patched.status).toBe(200);
  expect((await stage.image("PUT", `/v2/images/${imageId}/tags/early`)).status).toBe(204);

  const active = await stage.untilStatus("image", imageId, "active");
  expect(active).toMatchObject({
    name,
    os_hidden: false,
    min_disk: before["min_disk"],
  });
  expect(active).not.toHaveProperty("regild_owner");
  await until(stage.target, `image ${imageId} without the tag`, async () => {
    const tags = (await stage.observe("image", imageId))?.["tags"];
    return Array.isArray(tags) && tags.length === 0 ? true : null;
  });

  const again = [{ op: "add", path: "/regild_owner", value: "home/run/try/id" }];
  expect((await stage.patch(imageId, again)).status).toBe(200);
  await stage.target.pass(1);
  expect(await stage.observe("image", imageId)).toMatchObject({ regild_owner: "home/run/try/id" });
}
