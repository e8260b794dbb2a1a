import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { differencesOf } from "./blocks.ts";
import { runIn } from "./run-in.ts";

const RECIPES = "recipes: { web: { cloud: demo, server: web, fresh_within: 7d } }\n";

it("docs/less-work.md shows a start that makes no image", async () => {
  await using place = await openWorkplace();
  place.write("recipes.yml", RECIPES);
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  expect(await differencesOf("docs/less-work.md", place.folder, runIn(place))).toEqual([]);
}, 60_000);
