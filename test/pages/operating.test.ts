import { userInfo } from "node:os";
import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { blocksOf, commandsOf, unlike } from "./blocks.ts";

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

  const [block] = blocksOf("docs/operating.md").filter(({ language }) => language === "console");
  const [shown] = block === undefined ? [] : commandsOf(block);
  expect(shown?.command).toBe("regild status web");
  const { out } = await place.regild("status", "web");
  const ofAnna = out.replace(userInfo().username, "anna");
  expect(unlike(shown?.lines ?? [], ofAnna, place.folder)).toBeNull();
}, 240_000);
