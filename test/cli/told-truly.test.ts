import { userInfo } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import * as z from "zod/mini";
import { openWorkplace } from "./workplace.ts";

it("a cancelled run says who cancelled it, when, and how far it had come", async () => {
  await using place = await openWorkplace({ uploadSeconds: () => 600 });
  const host = place.begin("serve", "--listen", "127.0.0.1:0");
  await host.said('"serving"');
  expect(await place.regild("refresh", "web")).toMatchObject({ status: 0 });
  const isUploading = async () =>
    (await place.regild("status", "web")).out.includes("● check-status");
  await expect.poll(isUploading, { timeout: 30_000, interval: 1000 }).toBe(true);
  expect(await place.regild("cancel", "web", "--wait")).toMatchObject({ status: 0 });
  const { out } = await place.regild("status", "web");
  const by = `${userInfo().username} (cli)`;
  expect(out).toContain(`Cancelled by ${by} while the image was uploading, asked for at `);
  const { run } = z
    .object({ run: z.object({ failure: z.object({ cancelled: z.object({ by: z.string() }) }) }) })
    .parse(JSON.parse((await place.regild("status", "web", "-o", "json")).out));
  expect(run.failure.cancelled.by).toBe(by);
}, 90_000);

it("status, images and --check tell of a current image that somebody has deleted", async () => {
  await using place = await openWorkplace();
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  promotedSevenHoursAgo(place.folder);
  const [current] = [...place.cloud.world.firstZone.images.values()].filter(({ tags }) =>
    tags.includes("regild-current-web"),
  );
  place.cloud.operator.deleteImage(current?.id ?? "");

  const host = place.begin("serve", "--listen", "127.0.0.1:0");
  await host.said('"serving"');
  const told = async () => (await place.regild("status")).out;
  await expect
    .poll(told, { timeout: 75_000, interval: 5000 })
    .toContain("deleted outside Regild, noticed today ");
  expect(await told()).toContain("look-ups find nothing: regild refresh web");
  expect(await place.regild("status", "--check")).toMatchObject({ status: 7 });
  expect((await place.regild("images", "web")).out).toContain("deleted outside Regild");
  expect((await place.regild("status", "web")).out).toContain("look-ups find nothing");
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  expect(await told()).not.toContain("deleted outside");
}, 150_000);

/** As if the host had been off for the night. */
function promotedSevenHoursAgo(folder: string): void {
  using db = new DatabaseSync(join(folder, "regild.sqlite"));
  const { changes } = db
    .prepare(
      `UPDATE item SET sweep_ms = 0, doc = json_set(doc,
        '$.images[0].promotedAtMs', json_extract(doc, '$.images[0].promotedAtMs') - 25200000,
        '$.images[0].candidateAtMs', json_extract(doc, '$.images[0].candidateAtMs') - 25200000)
       WHERE pk = 'R#web' AND json_extract(doc, '$.images[0].state') = 'current'`,
    )
    .run();
  expect(Number(changes)).toBe(1);
}
