import { expect, it } from "vitest";
import { pageSite } from "../../local/page/page-site.ts";
import { visibleText } from "./parsed.ts";
import { scene, sceneAnswers } from "./scene.ts";

it("a recipe's page names the zones that its images were usable in", async () => {
  const site = pageSite(await scene(), sceneAnswers());
  const text = async (path: string) => visibleText((await site(path, ""))?.text ?? "");
  expect(await text("/recipes/web")).toContain("was usable in zones az1, az2");
  expect(await text("/recipes/db")).not.toContain("zones az");
});
