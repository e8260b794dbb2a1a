import { expect, it } from "vitest";
import { answerApproval } from "../../shared/commands/approve.ts";
import { askForChange } from "../../shared/commands/change-current.ts";
import { pauseRecipe } from "../../shared/commands/pause.ts";
import { changePin } from "../../shared/commands/pin.ts";
import { askForApproval } from "../../shared/run/approval.ts";
import {
  candidate,
  image,
  inventoryImage,
  NOW,
  recipe,
  recipeState,
  run,
} from "../unit/builders.ts";
import { Installation } from "./installation.ts";

/** As a script may paste a log, with colours. */
const reason = `\u001b[31m${"because ".repeat(50_000)}`;
const by = "anna";

function stage() {
  const on = new Installation();
  const images = [
    inventoryImage({ id: "old", state: "retired", promotedAtMs: NOW - 90_000_000 }),
    inventoryImage({ id: "now", state: "current" }),
  ];
  on.putRecipeState(recipeState({ current: "now", images }));
  const asking = run({ recipe: recipe({ promote: "approve" }), candidate: candidate() });
  const asked = askForApproval(asking, { image: image(), current: null }, NOW);
  on.putRun({ ...asking, step: "promote-image", ...asked }, 3);
  return { on, runId: asking.id, deps: on.backend };
}

it.each<[string, (of: ReturnType<typeof stage>) => Promise<unknown>]>([
  ["a pause", ({ deps }) => pauseRecipe(deps, "web", { by, reason, untilMs: null })],
  ["a pin", ({ deps }) => changePin(deps, "web", "old", { by, reason })],
  [
    "a rollback",
    ({ deps }) =>
      askForChange(deps, "web", { kind: "rollback", from: "now", imageId: null, by, reason }),
  ],
  [
    "a rejection",
    ({ deps, runId }) => answerApproval(deps, runId, { kind: "rejected", by, reason }),
  ],
])("the reason of %s is one harmless line of bounded length in the record", async (_what, act) => {
  const of = stage();
  await act(of);
  const records = [await of.on.recipeState("web"), await of.on.run(of.runId)];
  const text = JSON.stringify(records);
  expect(text).toContain("because because");
  expect(text.length).toBeLessThan(12_000);
  expect(text).not.toContain("\\u001b");
});
