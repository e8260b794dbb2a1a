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

it("a worker whose image was replaced while it showed it leaves the image before shown until the next one is", async () => {
  const { on, web, made, image, recipeStateWith } = stage();
  const tag = "regild-current-web";
  const before = on.cloud.operator.addImage({ name: "web-1", tags: [tag] });
  const next = on.cloud.operator.addImage({ name: "web-3" });
  const retired = (id: string) => inventoryImage({ id, state: "retired" });
  on.putRun(
    web({ step: "promote-image", candidate: made, imageName: image.name, promoted: true }),
    13,
  );
  const recipeState = recipeStateWith("current");
  on.putRecipeState({
    ...recipeState,
    shown: before.id,
    images: [retired(before.id), ...recipeState.images],
  });
  let isReplaced = false;
  let isUntagged = false;
  let least = 3;
  on.onRequest = ({ url }) => {
    least = Math.min(least, [before, image, next].filter(({ tags }) => tags.includes(tag)).length);
    if (isReplaced && !isUntagged) {
      // The worker of the next one has seen the image before shown, and begins with the one between them.
      isUntagged = true;
      image.tags = image.tags.filter((each) => each !== tag);
    }
    if (isReplaced || !url.endsWith(`${image.id}/tags/${tag}`)) return;
    isReplaced = true;
    on.putRecipeState({
      ...recipeState,
      current: next.id,
      shown: before.id,
      images: [
        retired(before.id),
        retired(image.id),
        inventoryImage({ id: next.id, state: "current" }),
      ],
    });
  };

  await on.call(promoteImage, sqsSample("promote-image/run"));

  expect({ isUntagged, least }).toEqual({ isUntagged: true, least: 1 });
  expect(next.tags).toContain(tag);
});
