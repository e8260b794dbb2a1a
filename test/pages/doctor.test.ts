import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { differencesOf } from "./blocks.ts";
import { runIn } from "./run-in.ts";

const RECIPES = `recipes:
  web: { cloud: mycloud, server: web-golden }
  db: { cloud: mycloud, server: db-golden, capture: root_volume }
`;

it("docs/doctor.md shows what doctor finds by reading, and by acting", async () => {
  await using place = await openWorkplace();
  const { operator, world } = place.cloud;
  const image = operator.addImage({ name: "debian-12" });
  operator.addServer({ name: "web-golden", image });
  operator.addServer({ name: "db-golden", image });
  world.flavors.push({ id: "9", name: "m1.tiny", ramMib: 512, diskGib: 1 });
  place.write("clouds.yaml", place.read("clouds.yaml").replace("demo:", "mycloud:"));
  place.write("recipes.yml", RECIPES);
  expect(await differencesOf("docs/doctor.md", place.folder, runIn(place))).toEqual([]);
}, 120_000);
