import { describe, expect, it } from "vitest";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import type { Outcome } from "../../../shared/run/record.ts";
import { countRefusedContent, heldSince } from "../../../shared/run/schedule-hold.ts";
import { recipeState, NOW, recipe, run } from "../builders.ts";

const RAW = recipe({ image: { ...recipe().image, diskFormat: "raw" } });
const QCOW2 = recipe({ image: { ...recipe().image, diskFormat: "qcow2" } });

type Ended = { code?: string | null; of?: Recipe; outcome?: Outcome };

/** The recipe's state after these runs, one after the other. */
function after(...runs: Ended[]): RecipeState {
  const refusedContent = runs.reduce<RecipeState["refusedContent"]>(
    (before, { code = "content-refused", of = RAW, outcome = "failed" }, index) => {
      const details = { message: "", remedy: "", step: "check-status" as const, evidence: [] };
      const failure = code === null ? null : { code, atMs: NOW, ...details };
      return countRefusedContent(
        before,
        run({ id: `run-${index + 1}`, recipe: of, failure }),
        outcome,
      );
    },
    null,
  );
  return recipeState({ refusedContent });
}

const REFUSED: Ended = {};

describe("scheduled starts of a recipe", () => {
  it.each<[string, Ended[], string | null]>([
    ["that has never run", [], null],
    ["whose content was refused once", [REFUSED], null],
    ["whose content was refused twice", [REFUSED, REFUSED], "run-2"],
    ["refused a third time, by a command", [REFUSED, REFUSED, REFUSED], "run-3"],
    ["with another failure in between", [REFUSED, { code: "quota-exceeded" }, REFUSED], "run-3"],
    ["cancelled in between", [REFUSED, { code: "cancelled", outcome: "cancelled" }], null],
    ["that succeeded since", [REFUSED, REFUSED, { code: null, outcome: "succeeded" }], null],
    ["that succeeded in between", [REFUSED, { code: null, outcome: "succeeded" }, REFUSED], null],
    ["refused first as another recipe", [{ of: QCOW2 }, REFUSED], null],
    ["whose uploads broke twice", [{ code: "image-vanished" }, { code: "image-vanished" }], null],
  ])("%s", (_name, runs, held) => {
    expect(heldSince(after(...runs), RAW)).toBe(held);
  });

  it("begin again when the recipe changes, whatever is changed", () => {
    const held = after(REFUSED, REFUSED);
    for (const changed of [QCOW2, { ...RAW, keep: 4 }, { ...RAW, capture: "snapshot" as const }]) {
      expect(heldSince(held, changed)).toBeNull();
    }
  });

  it("stay held when only the order of the recipe's fields is another", () => {
    const { name, cloud, image, ...rest } = RAW;
    const { visibility, ...of } = image;
    const turned = { image: { visibility, ...of }, ...rest, cloud, name };
    expect(JSON.stringify(turned)).not.toBe(JSON.stringify(RAW));
    expect(heldSince(after(REFUSED, REFUSED), turned)).toBe("run-2");
  });
});
