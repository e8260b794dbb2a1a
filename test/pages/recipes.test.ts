import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { differencesOf } from "./blocks.ts";
import { runIn } from "./run-in.ts";

/** What the block of docs/recipes.md was written about. */
const MISTAKES = `recipes:
  web:
    cloud: demo
    server: web
    shedule: [{ cron: "30 2 * * *" }]
    keep: "five"
    deadline: 8
    image: { name: "web-\${{ date }}" }
`;

it("docs/recipes.md shows what recipes check says", async () => {
  await using place = await openWorkplace();
  place.write("recipes.yml", MISTAKES);
  expect(await differencesOf("docs/recipes.md", place.folder, runIn(place))).toEqual([]);
  expect(await place.regild("recipes", "check")).toMatchObject({ status: 2 });
});
