import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { differencesOf } from "./blocks.ts";
import { runIn } from "./run-in.ts";

it("docs/history.md shows what became of a recipe's images", async () => {
  await using place = await openWorkplace();
  const steps = [
    ["refresh", "web", "--wait"],
    ["refresh", "web", "--wait"],
    ["rollback", "web", "--reason", "no network after boot"],
  ];
  for (const step of steps) expect(await place.regild(...step)).toMatchObject({ status: 0 });
  place.cloud.settle();
  const { id = "" } = [...place.cloud.world.firstZone.images.values()].at(-1) ?? {};
  const revoked = await place.regild("revoke", id, "--reason", "a private key was in it");
  expect(revoked).toMatchObject({ status: 0 });
  expect(await differencesOf("docs/history.md", place.folder, runIn(place))).toEqual([]);
}, 120_000);
