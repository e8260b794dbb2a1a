import { describe, expect, it } from "vitest";
import { ChangeLines } from "../../local/progress/change-lines.ts";
import type { Run } from "../../shared/run/record.ts";
import { candidate, recipeState, NOW, run, SECOND } from "../unit/builders.ts";
import { event } from "./events.ts";

const STOPPED = event(41, "prepare-source", "step", "ACTIVE → SHUTOFF");
const MADE = event(43, "create-image", "step", "web-k3f9q2  image-new");
const SAVING = event(60, "check-status", "observation", "saving");

/** What a log gets when the run is seen in these states, one after another. */
function told(...states: Array<Partial<Run>>): string[][] {
  const changes = new ChangeLines();
  const known = recipeState({ uploadSeconds: [480] });
  return states.map((state) => changes.next([{ run: run(state), recipeState: known }], NOW));
}

describe("a log of runs", () => {
  it("begins with the run, and tells each step and status as it is reached", () => {
    expect(
      told(
        {},
        { timeline: [event(1, "prepare-source", "observation", "ACTIVE, powering-off")] },
        { step: "create-image", timeline: [STOPPED] },
        { step: "check-status", timeline: [STOPPED, MADE, SAVING] },
      ),
    ).toEqual([
      ["Run web-20261123-093012-k3f9q2: recipe web on mycloud"],
      ["web  ● prepare-source  ACTIVE, powering-off"],
      ["web  ✓ prepare-source  ACTIVE → SHUTOFF  41 s"],
      [
        "web  ✓ create-image  web-k3f9q2  image-new  2 s",
        "web  ● check-status  saving  usually 8 min",
      ],
    ]);
  });

  it("says nothing twice", () => {
    const state: Partial<Run> = { step: "check-status", timeline: [STOPPED, MADE, SAVING] };
    const again = { ...state, timeline: [STOPPED, MADE, { ...SAVING, count: 9 }] };
    expect(told(state, state, again).slice(1)).toEqual([[], []]);
  });

  it("says once a minute how far each run is while nothing changes, and nothing of ended ones", () => {
    const uploading = run({
      step: "check-status",
      candidate: candidate({ askedAtMs: NOW }),
      timeline: [STOPPED, MADE, SAVING],
    });
    const starting = run({ id: "db-1", recipeName: "db" });
    const ended = run({ id: "old-1", recipeName: "old", outcome: "succeeded" });
    const changes = new ChangeLines();
    const at = (seconds: number) =>
      changes.next(
        [
          { run: uploading, recipeState: recipeState({ uploadSeconds: [480] }) },
          { run: starting, recipeState: null },
          { run: ended, recipeState: null },
        ],
        NOW + seconds * SECOND,
      );
    at(0);
    expect([at(30), at(59.9)].flat()).toEqual([]);
    expect(at(60)).toEqual([
      "web  ● check-status  saving  about 7 min left",
      "db  ● prepare-source  1 min so far",
    ]);
    expect(at(90)).toEqual([]);
    expect(at(600)).toEqual([
      "web  ● check-status  saving  any moment now",
      "db  ● prepare-source  10 min so far",
    ]);
  });

  it("tells failure and end", () => {
    const timeline = [
      event(2, "prepare-source", "failure", "The server web-golden was deleted"),
      event(3, "abandon", "step", "failed"),
    ];
    const [lines] = told({ step: "abandon", outcome: "failed", timeline });
    expect(lines?.slice(1)).toEqual([
      "web  ✗ prepare-source  The server web-golden was deleted  2 s",
      "web  ✓ abandon  nothing is left behind  1 s",
    ]);
  });

  it("holds no control characters, whatever a cloud says", () => {
    const timeline = [event(2, "prepare-source", "observation", "\u001b[31mred\r\n")];
    expect(told({ timeline }).flat().join("")).not.toMatch(/\p{Cc}/u);
  });
});
