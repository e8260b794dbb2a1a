import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { blocksOf, commandsOf, unlike } from "./blocks.ts";

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
  const [block] = blocksOf("docs/recipes.md").filter(({ language }) => language === "console");
  const [shown] = block === undefined ? [] : commandsOf(block);
  expect(shown?.command).toBe("regild recipes check");
  const { status, out } = await place.regild("recipes", "check");
  expect(status).toBe(2);
  expect(unlike(shown?.lines ?? [], out, place.folder)).toBeNull();
});
