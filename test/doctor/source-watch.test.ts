import { describe, expect, it } from "vitest";
import { SourceWatch } from "../../local/doctor/source-watch.ts";
import { problemOf, sourceProblems } from "../../local/source-problems.ts";
import { viewRecipe } from "../../local/view/status.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { Installation } from "../functions/installation.ts";
import { NOW, recipe, run } from "../unit/builders.ts";

const gone = recipe({ name: "gone", source: { kind: "server", idOrName: "nosuch" } });

function stage() {
  const on = new Installation();
  const base = on.cloud.operator.addImage({ name: "debian-12" });
  on.cloud.operator.addServer({ name: "web-golden", image: base });
  const watch = new SourceWatch(on.backend);
  /** Looks at these, and waits until it has. */
  const observe = async (...recipes: Recipe[]): Promise<void> => {
    watch.observe(recipes);
    await watch.idle();
  };
  const problem = async (of: Recipe) => problemOf(await sourceProblems(on.store), of);
  return { on, watch, observe, problem };
}

describe("a host that starts", () => {
  it("warns of a source that is nowhere, in the log and for status", async () => {
    const { on, observe, problem } = stage();
    await observe(recipe(), gone);
    expect(on.logged).toEqual([
      expect.stringMatching(
        /^a run of this recipe would fail .*"gone\.server".*openstack server list/,
      ),
    ]);
    expect(await problem(recipe())).toBeNull();
    expect(await problem(gone)).toMatchObject({ field: "gone.server", seenAtMs: NOW });
  });

  it("forgets the problem once the source is there, or the recipe names another", async () => {
    const { on, observe, problem } = stage();
    await observe(gone);
    expect(await problem({ ...gone, source: { kind: "server", idOrName: "other" } })).toBeNull();
    const base = on.cloud.operator.addImage({ name: "base" });
    on.cloud.operator.addServer({ name: "nosuch", image: base });
    await observe(gone);
    expect(await problem(gone)).toBeNull();
  });

  it("takes a cloud that does not answer for no problem, and keeps what it knew", async () => {
    const { on, observe, problem } = stage();
    await observe(gone);
    on.logged.length = 0;
    on.nowMs += 120_000; // a token of the last minute would be used again
    on.cloud.faults.add({
      on: { operation: "identity.authenticate", times: 99 },
      effect: { kind: "status", status: 503 },
    });
    await observe(gone, recipe());
    expect(on.logged).toEqual([
      expect.stringContaining("the cloud could not be asked for the sources of all recipes"),
    ]);
    expect(await problem(gone)).not.toBeNull();
    expect(await problem(recipe())).toBeNull();
  });

  it("begins no call later than a minute after the first", async () => {
    const { on, observe } = stage();
    on.onRequest = () => void (on.nowMs += 50_000);
    await observe(recipe(), gone);
    expect(on.requests.length).toBeLessThan(5);
    expect(on.logged).toEqual([
      expect.stringMatching(/^the cloud could not be asked .*"asked":"0 of 2".*took too long/),
    ]);
  });

  it("says and writes nothing once it was stopped", async () => {
    const { on, watch, observe, problem } = stage();
    on.onRequest = () => watch[Symbol.dispose]();
    await observe(gone);
    expect(on.logged).toEqual([]);
    expect(await problem(gone)).toBeNull();
  });
});

describe("status", () => {
  const seen = {
    recipe: "web",
    about: "",
    seenAtMs: NOW,
    field: "web.server",
    message: "No server",
    remedy: "Correct it",
  };
  const view = (startedAtMs: number | null) =>
    viewRecipe(
      {
        recipe: recipe(),
        recipeState: null,
        assessed: { overdue: null, overdueAtMs: null },
        lastRun:
          startedAtMs === null
            ? null
            : { run: run({ startedAtMs, outcome: "succeeded" }), cancelAtMs: null },
        sourceProblem: seen,
      },
      NOW,
    );

  it("shows the problem until a run has begun", () => {
    expect(view(null)).toMatchObject({
      needs_you: true,
      source_problem: { field: "web.server", remedy: "Correct it" },
    });
    expect(view(NOW - 1)).toMatchObject({ needs_you: true });
    expect(view(NOW + 1)).toMatchObject({ needs_you: false, source_problem: null });
  });
});
