import { expect, it } from "vitest";
import * as z from "zod/mini";
import { openWorkplace, type Workplace } from "./workplace.ts";

const KEEP_ONE = "recipes: { web: { cloud: demo, server: web, keep: 1, cooling_off: 0s } }";

const listSchema = z.object({
  images: z.array(
    z.object({
      id: z.string(),
      next: z.object({
        action: z.string(),
        at: z.nullable(z.string()),
        reason: z.nullable(z.string()),
      }),
    }),
  ),
});

async function imagesOf(place: Workplace) {
  const { out } = await place.regild("images", "web", "-o", "json");
  return listSchema.parse(JSON.parse(out)).images;
}

/** Refreshes twice, and lets `between` happen between the two. @returns the first image's id. */
async function twice(place: Workplace, between: (firstId: string) => void): Promise<string> {
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  const [first] = await imagesOf(place);
  between(first?.id ?? "");
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  return first?.id ?? "";
}

it("an image in use is listed with who uses it, not with a deletion that will not happen", async () => {
  await using place = await openWorkplace();
  place.write("recipes.yml", KEEP_ONE);
  const old = await twice(place, (id) => {
    const image = place.cloud.world.firstZone.images.get(id);
    if (image !== undefined) place.cloud.operator.addServer({ name: "app-07", image });
  });
  const [, listed] = await imagesOf(place);
  expect(listed).toMatchObject({ id: old, next: { reason: "in use by server app-07" } });
  const { out } = await place.regild("images", "web");
  expect(out).toContain("not deleted: in use by server app-07 (seen today ");
  expect(out).not.toContain("delete from");
}, 60_000);

it("keep and cooling_off that were changed are shown at once, and followed by the host that starts next", async () => {
  await using place = await openWorkplace();
  place.write("recipes.yml", KEEP_ONE.replace("keep: 1", "keep: 2"));
  const old = await twice(place, () => {});
  expect((await place.regild("images", "web")).out).toContain("kept (2 of 2)");
  place.write("recipes.yml", KEEP_ONE);
  const changed = await place.regild("images", "web");
  expect(changed.out).toContain(
    "will be deleted at the next clean-up (older than the one you keep)",
  );
  expect(changed.err).toContain("Clean-ups go by keep 2, cooling_off 0 s");

  const host = place.begin("serve", "--listen", "127.0.0.1:0");
  await host.said("clean-ups go by the changed recipe");
  await expect
    .poll(() => place.cloud.world.firstZone.images.has(old), { timeout: 30_000 })
    .toBe(false);
  expect((await imagesOf(place)).map(({ id }) => id)).not.toContain(old);
  expect((await place.regild("images", "web")).err).not.toContain("Clean-ups go by");
}, 90_000);

it("images are protected, and go all the same; one that a person has released is listed as such", async () => {
  await using place = await openWorkplace();
  place.write("recipes.yml", KEEP_ONE.replace("keep: 1", "keep: 1, image: { protected: true }"));
  const stored = () => [...place.cloud.world.firstZone.images.values()];
  await twice(place, (id) => {
    expect(stored().find((image) => image.id === id)?.protected).toBe(true);
  });
  const [image, ...others] = await imagesOf(place);
  expect(others).toEqual([]);
  const current = stored().find(({ id }) => id === image?.id);
  if (current === undefined) throw new Error("no current image");
  expect(current.protected).toBe(true);
  expect((await place.regild("images", "web")).out).not.toContain("not protected");
  current.protected = false;
  place.write("recipes.yml", place.read("recipes.yml").replace("keep: 1", "keep: 2"));
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  expect((await place.regild("images", "web")).out).toContain(
    `${current.name} is not protected: somebody has taken the protection off`,
  );
  expect(current.protected).toBe(false);
}, 60_000);
