import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { differencesOf } from "./blocks.ts";
import { runIn } from "./run-in.ts";

const recipesOf = (version: string) => `recipes:
  web: { cloud: demo, server: web, promote: approve, image: { properties: { os_version: "${version}" } } }
`;

it("docs/approval.md shows how the candidate differs from the current image", async () => {
  await using place = await openWorkplace();
  place.write("recipes.yml", recipesOf("12.7"));
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 5 });
  expect(await place.regild("approve", "web", "--wait", "--yes")).toMatchObject({ status: 0 });
  place.write("recipes.yml", recipesOf("12.8"));
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 5 });
  expect(await differencesOf("docs/approval.md", place.folder, runIn(place))).toEqual([]);
}, 120_000);
