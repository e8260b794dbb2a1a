import { findRun, notFound } from "../view/find-run.ts";
import { headNamed, hostOf, imagesPage, runNamed, runsPage, statusOf } from "../view/queries.ts";
import { readRecipe, recipeOf, type Records, runOf, runsOfRecipe } from "../view/read.ts";
import { type RunRecord, viewRun } from "../view/run.ts";
import { stateSeen } from "../view/seen.ts";
import { viewRecipe } from "../view/status.ts";
import type { CloudAnswers } from "./cloud-answers.ts";
import type { CloudQuotas } from "./cloud-quotas.ts";
import {
  cancelPage,
  formsOfGoneRecipe,
  pausePage,
  pinPage,
  recipeForms,
  rollbackPage,
} from "./forms.ts";
import type { PageText } from "./layout.ts";
import { overviewPage } from "./overview.ts";
import { RECENT_RUNS, type RecentRuns } from "./recent-runs.ts";
import { recipePage } from "./recipe-page.ts";
import { serversOf, stopAskedAtMs } from "../../shared/source/servers.ts";
import { runPage } from "./run-page.ts";
import { runsPageText } from "./runs-page.ts";
import type { Outage } from "./step-gantt.ts";
import { uploadOf } from "./upload-charts.ts";
import type { Viewer } from "./viewer.ts";
import { imageNamed } from "../named-image.ts";

/** Recipes, or runs, on one page. */
const ROWS = 50;
/** Runs on a recipe's page, which has the last uploads as well. */
const NEWEST_RUNS = 10;
/** Failures are looked for in so many runs at a time. */
const READ_AT_MOST = 2000;
/** Images on the shelf. */
const IMAGES = 50;

/** Reads what each page shows. @throws NotFound */
export class Pages {
  private readonly records: Records;
  private readonly clouds: CloudAnswers | null;
  private readonly quotas: CloudQuotas | null;
  private readonly recentRuns: RecentRuns;

  /** @param of `clouds` null: nobody knows of any answer. `quotas` null: nobody asks for them. */
  constructor(
    records: Records,
    of: { clouds: CloudAnswers | null; quotas: CloudQuotas | null; recentRuns: RecentRuns },
  ) {
    this.records = records;
    this.clouds = of.clouds;
    this.quotas = of.quotas;
    this.recentRuns = of.recentRuns;
  }

  async overview({ find, page }: { find: string; page: number }): Promise<PageText> {
    const { records } = this;
    const status = await statusOf(records);
    const wanted = status.recipes.filter(({ recipe }) => recipe.includes(find));
    const pages = Math.max(1, Math.ceil(wanted.length / ROWS));
    const shown = Math.min(page, pages);
    const rows = [];
    for (const status of wanted.slice((shown - 1) * ROWS, shown * ROWS)) {
      const { recipeState } = await readRecipe(records, status.recipe);
      const runs = await this.recentRuns.of(records.store, status.recipe, recipeState?.doc ?? null);
      rows.push({ status, runs });
    }
    const clouds = this.clouds?.of(records.recipes.values()) ?? null;
    const quotas = this.quotas?.of(records.recipes.values()) ?? null;
    return overviewPage({ status, clouds, quotas, rows, page: shown, pages, find }, records.now());
  }

  async recipe(name: string, viewer: Viewer): Promise<PageText> {
    const { records } = this;
    const recipe = records.recipes.get(name);
    const recipeState = await stateSeen(records, name);
    if (recipe === undefined && recipeState === null) throw notFound(records, name);
    const host = await hostOf(records);
    const nowMs = records.now();
    const status =
      recipe === undefined ? null : viewRecipe(await recipeOf(records, recipe), nowMs, host);
    const found: RunRecord[] = [];
    for await (const record of runsOfRecipe(records.store, name, { pageSize: RECENT_RUNS })) {
      found.push(record);
      if (found.length === RECENT_RUNS) break;
    }
    const shown = found.slice(0, NEWEST_RUNS);
    const is = {
      recipe: name,
      status,
      images: await imagesPage(records, name, { limit: IMAGES, after: null }),
      runs: shown.map((record) => viewRun(record, recipeState, nowMs, host)),
      next: found.length > shown.length ? (shown.at(-1)?.run.id ?? null) : null,
      uploads: found.flatMap(({ run }) => uploadOf(run) ?? []).toReversed(),
    };
    const seq = recipeState?.seq ?? 0;
    const paused = status?.paused ?? null;
    const forms =
      recipe === undefined
        ? formsOfGoneRecipe(name, viewer)
        : recipeForms(recipe, { seq, paused }, viewer);
    return recipePage({ ...is, forms }, nowMs, viewer);
  }

  async runs(asked: {
    recipe: string | null;
    state: "all" | "failed";
    after: string | null;
  }): Promise<PageText> {
    const { recipe, state, after } = asked;
    const failedOnly = state === "failed";
    const { runs, next } = await runsPage(
      this.records,
      recipe,
      { limit: ROWS, after },
      failedOnly ? { states: ["failed"], readAtMost: READ_AT_MOST } : {},
    );
    return runsPageText({ runs, recipe, failedOnly, next }, this.records.now());
  }

  async run(name: string, viewer: Viewer): Promise<PageText> {
    const { run } = await runNamed(this.records, name);
    const record = await runOf(this.records.store, run.id);
    const outage = record === null ? null : outageOf(record);
    return runPage(run, { outage, viewer }, this.records.now());
  }

  async cancel(name: string, viewer: Viewer): Promise<PageText> {
    const { run } = await findRun(this.records, name);
    return cancelPage(run.id, viewer);
  }

  async pause(name: string, viewer: Viewer): Promise<PageText> {
    if (!this.records.recipes.has(name)) throw notFound(this.records, name);
    return pausePage(name, viewer);
  }

  async pin(name: string, image: string, viewer: Viewer): Promise<PageText> {
    const recipeState = await headNamed(this.records, name);
    return pinPage(name, imageNamed(recipeState, image), viewer);
  }

  async rollback(name: string, image: string, viewer: Viewer): Promise<PageText> {
    const recipeState = await headNamed(this.records, name);
    return rollbackPage(name, imageNamed(recipeState, image), recipeState.current, viewer);
  }
}

/** Null: the run stopped no server. */
function outageOf({ run }: RunRecord): Outage | null {
  const { stoppedAtMs, restoredAtMs } = run;
  if (stoppedAtMs === null) return null;
  const stopped = serversOf(run).filter(({ id }) => stopAskedAtMs(run, id) !== null);
  const name = stopped.map((server) => server.name).join(", ");
  return { fromMs: stoppedAtMs, untilMs: restoredAtMs, name };
}
