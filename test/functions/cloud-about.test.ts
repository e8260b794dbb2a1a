import { expect, it } from "vitest";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { cloudAbout } from "../../shared/protocol/cloud-about.ts";
import { runKey } from "../../shared/run/run-id.ts";
import {
  recipeState,
  inventoryImage,
  NOW,
  resource,
  run,
  sourceItem,
  timing,
} from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const RUN = runKey(run().id);
const SOURCE = { pk: "S#1", sk: "lock" };

function asked(key: { pk: string; sk: string }, doc: object | null) {
  const on = new Installation();
  if (doc !== null) on.put(key, doc, 1);
  return cloudAbout(on.backend, JSON.stringify({ key, version: 1 }));
}

it.each([
  ["a run", RUN, run(), "mycloud"],
  ["a source", SOURCE, sourceItem(), "mycloud"],
  [
    "a recipe state with images",
    recipeStateKey("web"),
    recipeState({ images: [inventoryImage({ id: "a" })] }),
    "mycloud",
  ],
  [
    "a recipe state with parts alone",
    recipeStateKey("web"),
    recipeState({ resources: [resource({ id: "a" })] }),
    "mycloud",
  ],
  ["an empty recipe state", recipeStateKey("web"), recipeState(), ""],
  ["nothing", RUN, null, ""],
  ["a damaged record", RUN, { recipe: 5 }, ""],
])("of %s", async (_name, key, doc, cloud) => {
  expect(await asked(key, doc)).toBe(cloud);
});

it.each([
  ["before its deadline", 1, "mycloud"],
  ["in its grace", 1 - timing.graceMs, "mycloud"],
  ["after its grace, when it is ended without a cloud", -timing.graceMs, ""],
])("of a run %s", async (_name, leftMs, cloud) => {
  expect(await asked(RUN, run({ deadlineAtMs: NOW + leftMs }))).toBe(cloud);
});
