import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect, inject, it } from "vitest";
import { openWorkplace, type Workplace } from "../cli/workplace.ts";

/** Three runs and three images, as commit 9ad847b wrote them. */
const OLD_DATA = fileURLToPath(new URL("data-of-9ad847b.data", import.meta.url));

const opened = () => openWorkplace({}, {}, [inject("executable")]);
const dataOf = ({ folder }: Workplace) => join(folder, "regild.sqlite");

it("a data file of 9ad847b is read, and its recipe is refreshed", async () => {
  await using place = await opened();
  copyFileSync(OLD_DATA, dataOf(place));
  const { out: runs } = await place.regild("runs");
  for (const run of ["data-20261128-071638", "web-20261128-071636", "web-20261128-071634"]) {
    expect(runs).toContain(run);
  }
  const { out: before } = await place.regild("images", "web");
  expect(before).toContain("6d5ea0b1-113d-4212-a250-2afc88737136");
  expect(before).toContain("7099176f-05c2-4409-a721-a007267c5e49");

  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  const [current] = [...place.cloud.world.firstZone.images.values()].filter(({ tags }) =>
    tags.includes("regild-current-web"),
  );
  expect((await place.regild("images", "web")).out).toContain(current?.id);
});

it("a data file of a newer version is refused, and stays as it was", async () => {
  await using place = await opened();
  copyFileSync(OLD_DATA, dataOf(place));
  using db = new DatabaseSync(dataOf(place));
  db.exec("PRAGMA user_version = 99");
  const refused = await place.regild("status");
  expect(refused).toMatchObject({ status: 1, out: "" });
  expect(refused.err).toContain("schema 99");
  expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: 99 });
});

it("a copy made while the host works can be put back", async () => {
  await using place = await opened();
  const host = place.begin("serve", "--listen", "127.0.0.1:0");
  await host.said('"serving"');
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  const { out: runs } = await place.regild("runs", "-o", "json");

  const copy = join(place.folder, "copy");
  using db = new DatabaseSync(dataOf(place), { readOnly: true });
  await backup(db, copy);
  expect(await place.regild("refresh", "data", "--wait")).toMatchObject({ status: 0 });
  host.kill("SIGKILL");
  await host.ended;
  db.close();

  for (const part of ["", "-wal", "-shm"]) rmSync(dataOf(place) + part, { force: true });
  copyFileSync(copy, dataOf(place));
  expect((await place.regild("runs", "-o", "json")).out).toBe(runs);
});
