import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { differencesOf } from "./blocks.ts";

const RECIPES = `recipes:
  web: { cloud: demo, server: web-golden, prepare: { stop_server: true } }
`;

it("docs/refresh.md shows what is said when the command is left while the server is off", async () => {
  await using place = await openWorkplace({ uploadSeconds: () => 600 });
  const { operator } = place.cloud;
  operator.addServer({ name: "web-golden", image: operator.addImage({ name: "golden" }) });
  place.write("recipes.yml", RECIPES);
  const leave = async (command: string): Promise<string> => {
    const watching = place.begin(...command.split(" ").slice(1));
    await watching.said("● check-status");
    watching.kill("SIGTERM");
    const { status, out, err } = await watching.ended;
    expect(status).toBe(130);
    return `${out}${err}`;
  };
  expect(await differencesOf("docs/refresh.md", place.folder, leave)).toEqual([]);
}, 60_000);
