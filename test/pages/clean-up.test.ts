import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { differencesOf } from "./blocks.ts";
import { runIn } from "./run-in.ts";

const RECIPES =
  "recipes: { web: { cloud: demo, server: golden, keep: { at_least: 1 }, cooling_off: 0s } }\n";

it("docs/clean-up.md shows a plan for an image that nobody uses any more", async () => {
  await using place = await openWorkplace();
  const { operator, world } = place.cloud;
  operator.addServer({
    name: "golden",
    volumes: [operator.addVolume({ name: "root", sizeGib: 3 })],
  });
  place.write("recipes.yml", RECIPES);
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  const old = [...world.firstZone.images.values()].find(({ name }) => name !== "base");
  if (old === undefined) throw new Error("no image");
  const user = operator.addServer({ name: "user", image: old });
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  operator.deleteServer(user.id);
  expect(await differencesOf("docs/clean-up.md", place.folder, runIn(place))).toEqual([]);
}, 120_000);
