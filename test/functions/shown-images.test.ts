import { expect, it } from "vitest";
import { handler as promoteImage } from "../../functions/promote-image/handler.ts";
import { inventoryImage, run } from "../unit/builders.ts";
import { sqsSample } from "./installation.ts";
import { stage } from "./stage.ts";

it("a showing that was broken off leaves never more than two images shown as current", async () => {
  const { on, web, made, image, recipeStateWith } = stage();
  const tag = "regild-current-web";
  const add = (name: string) => on.cloud.operator.addImage({ name, tags: [tag] });
  const [brokenOff, before] = [add("web-1"), add("web-2")];
  const retired = [brokenOff, before].map(({ id }) => inventoryImage({ id, state: "retired" }));
  on.putRun(
    web({ step: "promote-image", candidate: made, imageName: image.name, promoted: true }),
    13,
  );
  const recipeState = recipeStateWith("current");
  on.putRecipeState({
    ...recipeState,
    shown: before.id,
    images: [...retired, ...recipeState.images],
  });
  const shown = () =>
    [brokenOff, before, image].filter(({ tags }) => tags.includes(tag)).map(({ id }) => id);
  let most = 0;
  let least = 2;
  on.onRequest = () => {
    most = Math.max(most, shown().length);
    least = Math.min(least, shown().length);
  };

  await on.call(promoteImage, sqsSample("promote-image/run"));

  expect(await on.run(run().id)).toMatchObject({ step: "retire-images" });
  expect(shown()).toEqual([image.id]);
  expect({ least, most }).toEqual({ least: 1, most: 2 });
});
