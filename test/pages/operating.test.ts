import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { differencesOf } from "./blocks.ts";
import { runIn } from "./run-in.ts";

const RECIPES = `recipes:
  web: { cloud: mycloud, server: web-golden, prepare: { stop_server: true } }
`;

it("docs/operating.md shows the report of a failed run", async () => {
  await using place = await openWorkplace();
  const { operator, faults } = place.cloud;
  operator.addServer({ name: "web-golden", image: operator.addImage({ name: "golden" }) });
  place.write("clouds.yaml", place.read("clouds.yaml").replace("demo:", "mycloud:"));
  place.write("recipes.yml", RECIPES);
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  faults.add({ on: { operation: "compute.createImage" }, effect: { kind: "upload-breaks" } });
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 3 });

  expect(await differencesOf("docs/operating.md", place.folder, runIn(place))).toEqual([]);
}, 240_000);
