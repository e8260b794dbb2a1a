import { recipeNamed } from "../view/find-recipe.ts";
import { historyDocument } from "../view/history.ts";
import { imagesDocument } from "../view/images.ts";
import { historyPage, hostOf, imagesPage, runNamed, runsPage, statusOf } from "../view/queries.ts";
import { recipeOf } from "../view/read.ts";
import { runsDocument } from "../view/run.ts";
import { runDocument } from "../view/run-report.ts";
import { recipeDocument, statusDocument, viewRecipe } from "../view/status.ts";
import { SCHEMA } from "../view/document.ts";
import { noQuery, pageQuery, runsQuery } from "./query.ts";
import { type ApiRoute, type Call, reading } from "./route.ts";
import { runSeen } from "./seen.ts";
import { need } from "../access/gate.ts";

const status = {
  summary: "How every recipe stands, as regild status -o json",
  query: noQuery,
  answer: statusDocument,
  handle: ({ records }: Call) => statusOf(records),
};
const images = {
  summary: "The images of a recipe, as regild images RECIPE -o json",
  query: pageQuery,
  answer: imagesDocument,
  handle: ({ records, named, query }: Call<{ limit: number; after: string | null }>) =>
    imagesPage(records, named("recipe"), query),
};

export const READING_ROUTES: ApiRoute[] = [
  reading("/v1/status", status),
  reading("/v1/recipes", status),
  reading("/v1/recipes/{recipe}", {
    summary: "How one recipe stands",
    query: noQuery,
    answer: recipeDocument,
    handle: async ({ records, named }) => {
      const recipe = recipeNamed(records, named("recipe"));
      const host = await hostOf(records);
      const view = viewRecipe(await recipeOf(records, recipe), records.now(), host);
      return { schema: SCHEMA, recipe: view };
    },
  }),
  reading("/v1/recipes/{recipe}/images", images),
  reading("/v1/images/{recipe}", images),
  reading("/v1/recipes/{recipe}/history", {
    summary: "Which image was current when, as regild history RECIPE -o json",
    query: pageQuery,
    answer: historyDocument,
    handle: ({ records, named, query }) => historyPage(records, named("recipe"), query),
  }),
  reading("/v1/runs", {
    summary: "Runs, the newest first, as regild runs -o json",
    query: runsQuery,
    answer: runsDocument,
    handle: ({ records, visitor, query: { recipe, state, started_after: after, ...page } }) => {
      if (recipe !== null) need(visitor, "read", recipe);
      return runsPage(records, recipe, page, {
        ...(state !== undefined && { states: [state] }),
        ...(after !== undefined && { startedFromMs: Date.parse(after) }),
      });
    },
  }),
  reading("/v1/runs/{run}", {
    summary: "A run by its id, a unique start of it, or its recipe, as regild status RUN -o json",
    query: noQuery,
    answer: runDocument,
    handle: async (call) => runNamed(call.records, (await runSeen(call, "read")).run.id),
  }),
];
