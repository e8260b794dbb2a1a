import type { Clouds } from "../../shared/cloud-ports.ts";
import { CloudError } from "../../shared/openstack/errors.ts";
import type { Finding } from "../../shared/openstack/finding.ts";
import type { Ids, Log, Store } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { aboutOf, saveSourceProblems, type SourceProblem } from "../source-problems.ts";
import { seeRecipe, signedInOnce } from "./examine-recipe.ts";
import { type Place, placesOf } from "./place.ts";
import { recipeFindings } from "./recipe-findings.ts";

/** No call to one cloud begins later than this. */
const POLL_MS = 60_000;
/** As long as a problem stands. */
const AGAIN_MS = 3_600_000;

interface Looked {
  recipe: Recipe;
  problems: Finding[];
}

/**
 * Looks for the source of each recipe when the host starts and when recipes change, and warns of those that a run would
 * fail with, in the log and for `regild status`. Runs in the background: a cloud that does not answer is no problem here.
 */
export class SourceWatch implements Disposable {
  private readonly on: { store: Store; ids: Ids; clouds: Clouds; log: Log; now: () => number };
  private readonly stopped = new AbortController();
  private looking: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(on: SourceWatch["on"]) {
    this.on = on;
  }

  /** One look after the other. */
  observe(recipes: Iterable<Recipe>): void {
    const all = [...recipes].filter(({ allowSource }) => allowSource === null);
    clearTimeout(this.timer);
    this.looking = this.looking
      .then(() => this.examineAll(all))
      .catch((error: unknown) => {
        if (!this.stopped.signal.aborted)
          this.on.log.warn("sources were not looked for", { error: String(error) });
      });
  }

  /** Until every check so far has ended. */
  idle(): Promise<void> {
    return this.looking;
  }

  [Symbol.dispose](): void {
    this.stopped.abort();
    clearTimeout(this.timer);
  }

  private async examineAll(recipes: readonly Recipe[]): Promise<void> {
    const { log, now } = this.on;
    const looked: Looked[] = [];
    for (const place of placesOf(recipes, undefined)) looked.push(...(await this.lookAt(place)));
    if (this.stopped.signal.aborted) return;
    const problems = looked.flatMap((one) => problemsOf(one, now()));
    await saveSourceProblems(this.on, new Set(looked.map(({ recipe }) => recipe.name)), problems);
    for (const { recipe, field, message, remedy } of problems) {
      log.warn("a run of this recipe would fail", { recipe, field, problem: message, remedy });
    }
    if (problems.length === 0) return;
    this.timer = setTimeout(() => this.observe(recipes), AGAIN_MS).unref();
  }

  /** Recipes that could not be read are left out. */
  private async lookAt({ cloud, region, recipes }: Place): Promise<Looked[]> {
    const { clouds, log, now } = this.on;
    const looked: Looked[] = [];
    try {
      const open = clouds.open({ cloud, region }, () => {}, now() + POLL_MS);
      const signedIn = signedInOnce(open);
      for (const recipe of recipes) {
        if (this.stopped.signal.aborted) return [];
        const findings = recipeFindings(recipe, await seeRecipe(signedIn, recipe), now());
        looked.push({ recipe, problems: findings.filter(({ state }) => state === "problem") });
      }
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      if (this.stopped.signal.aborted) return [];
      log.warn("the cloud could not be asked for the sources of all recipes", {
        cloud,
        asked: `${looked.length} of ${recipes.length}`,
        reason: error.message,
        remedy: "regild doctor looks at all of them",
      });
    }
    return looked;
  }
}

function problemsOf({ recipe, problems }: Looked, seenAtMs: number): SourceProblem[] {
  return problems.map(({ field, message, remedy }) => ({
    recipe: recipe.name,
    about: aboutOf(recipe),
    seenAtMs,
    field: field ?? recipe.name,
    message,
    remedy,
  }));
}
