import { recipeStateKey, recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { load } from "../../shared/protocol/actor.ts";
import { applyRecipe } from "../../shared/protocol/apply-recipe.ts";
import { isDeepStrictEqual } from "node:util";
import type { Ids, Log, Store } from "../../shared/ports.ts";
import type { Problem } from "../../shared/recipe/problem.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Settings } from "../../shared/settings/settings.ts";
import { watchFiles } from "../file-watch.ts";
import { type RecipesInForce, saveRecipesInForce } from "../recipes-in-force.ts";
import { CommandError } from "./command-error.ts";
import { counted } from "./text/format.ts";

export interface Loaded {
  recipes: ReadonlyMap<string, Recipe>;
  settings: Settings;
  /** About recipes that are valid, and may not do what is meant. */
  warnings: readonly Problem[];
}

export interface ReloadOptions {
  recipesFile: string;
  configFile: string;
  /** Their state before they were read, by `filesState`: they may have changed while the host started. */
  since: string;
  /** @throws CommandError with every problem of both files. */
  read: () => Loaded;
  /** Lets the host work by them. @throws CommandError when it cannot. */
  use: (loaded: Loaded) => Promise<void>;
  on: { store: Store; ids: Ids; now: () => number };
  log: Log;
}

const CHANGED = "a file changed";

/**
 * Reads recipes.yml and regild.yml again on SIGHUP, and when a file changes. Files with a mistake are refused: what was in
 * force stays so, and the log and the store say why. Runs under way keep the recipe that they began with.
 */
export class Reload implements AsyncDisposable {
  private readonly options: ReloadOptions;
  private inForce: Loaded;
  private loadedAtMs: number;
  private refused: RecipesInForce["refused"] = null;
  private working: Promise<void>;
  private readonly watch: Disposable;
  private readonly hangUp = (): void => this.again("SIGHUP");

  constructor(options: ReloadOptions, loaded: Loaded) {
    this.options = options;
    this.inForce = loaded;
    this.loadedAtMs = options.on.now();
    this.working = this.save();
    const { recipesFile, configFile, since } = options;
    this.watch = watchFiles([recipesFile, configFile], () => this.again(CHANGED), { since });
    process.on("SIGHUP", this.hangUp);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("SIGHUP", this.hangUp);
    this.watch[Symbol.dispose]();
    await this.working;
  }

  /** One after the other. */
  private again(why: string): void {
    this.working = this.working.then(() => this.reload(why));
  }

  private async reload(why: string): Promise<void> {
    const { read, use, on, log } = this.options;
    try {
      const loaded = read();
      const isNew = !isSame(loaded, this.inForce);
      if (isNew) {
        await use(loaded);
        await this.apply(loaded);
      }
      const said = { why, ...changes(this.inForce.recipes, loaded.recipes) };
      if (isNew) {
        log.info("recipes loaded again", said);
        logWarnings(log, loaded);
      }
      if (!isNew && (why !== CHANGED || this.refused !== null))
        log.info("recipes are as before", said);
      this.inForce = loaded;
      if (isNew || this.refused !== null) this.loadedAtMs = on.now();
      this.refused = null;
    } catch (error) {
      const { details: problems, remedy } =
        error instanceof CommandError ? error : { details: [], remedy: null };
      const reason = error instanceof Error ? error.message : String(error);
      const message = problems.length === 0 ? reason : counted(problems.length, "problem");
      const said = { why, reason: message, problems, remedy };
      log.error("recipes refused: the ones loaded before stay in force", said);
      this.refused = { atMs: on.now(), message, problems };
    }
    await this.save();
  }

  /** Clean-ups go by the new rules at once. What fails here is done by the next check for overdue recipes. */
  private async apply({ recipes }: Loaded): Promise<void> {
    const { on, log } = this.options;
    for (const recipe of recipes.values()) {
      try {
        const actor = await load(on.store, recipeStateKey(recipe.name), recipeStateSchema);
        if (actor !== null) await applyRecipe({ ...on, log }, recipe, actor);
      } catch (error) {
        log.error("clean-ups do not go by the changed recipe yet", {
          recipe: recipe.name,
          error: String(error),
        });
      }
    }
  }

  private async save(): Promise<void> {
    const { on, log, recipesFile: file } = this.options;
    const { loadedAtMs, refused } = this;
    // A reader that finds the file good needs no others, and those of thousands of recipes would be megabytes.
    const recipes = refused === null ? [] : this.inForce.recipes.values();
    await saveRecipesInForce(on, { file, loadedAtMs, recipes, refused }).catch((error: unknown) =>
      log.error("the recipes in force cannot be noted", { error: String(error) }),
    );
  }
}

/** A warning may count the starts of the coming year, which says nothing of a change. */
function isSame(one: Loaded, other: Loaded): boolean {
  return (
    isDeepStrictEqual(one.recipes, other.recipes) && isDeepStrictEqual(one.settings, other.settings)
  );
}

export function logWarnings(log: Log, { warnings }: Loaded): void {
  for (const { file, line, path, message } of warnings)
    log.warn(`${file}:${line}: ${path}: ${message}`);
}

function changes(before: ReadonlyMap<string, Recipe>, after: ReadonlyMap<string, Recipe>) {
  const added = [...after.keys()].filter((name) => !before.has(name));
  const removed = [...before.keys()].filter((name) => !after.has(name));
  const changed = [...after].flatMap(([name, recipe]) =>
    before.has(name) && !isDeepStrictEqual(before.get(name), recipe) ? [name] : [],
  );
  return { recipes: after.size, added, removed, changed };
}
