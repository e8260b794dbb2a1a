import * as z from "zod/mini";
import type { HttpAnswer } from "../http-answer.ts";
import { NotFound } from "../view/find-run.ts";
import type { Records } from "../view/read.ts";
import { assetAt } from "./assets.ts";
import type { CloudAnswers } from "./cloud-answers.ts";
import type { CloudQuotas } from "./cloud-quotas.ts";
import { page, type PageText, problemPage } from "./layout.ts";
import { recordsSeenBy } from "../view/seen.ts";
import { Pages } from "./pages.ts";
import { RecentRuns } from "./recent-runs.ts";
import { NOBODY, type Viewer } from "./viewer.ts";

/** Answers a path of the page; null: the path is none of them. */
export type PageSite = (path: string, query: string, viewer?: Viewer) => Promise<HttpAnswer | null>;

const overviewQuery = z.object({
  find: z._default(z.string().check(z.maxLength(100)), ""),
  page: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(100_000)), 1),
});
const runsQuery = z.object({
  recipe: z._default(z.nullable(z.string().check(z.maxLength(200))), null),
  state: z._default(z.enum(["all", "failed"]), "all"),
  after: z._default(z.nullable(z.string().check(z.maxLength(300))), null),
});

const imageQuery = z.object({ image: z.string().check(z.maxLength(200)) });

/**
 * The page for people, rendered here from what the commands read. Reads only.
 * @param clouds null: this process asks no cloud, so it knows of no answer.
 * @param quotas absent: the page shows none.
 */
export function pageSite(
  records: Records,
  clouds: CloudAnswers | null,
  quotas: CloudQuotas | null = null,
): PageSite {
  const recentRuns = new RecentRuns();
  return async (path, query, viewer = NOBODY) => {
    const pages = new Pages(recordsSeenBy(viewer.recipes, records), { clouds, quotas, recentRuns });
    const text = textAt(pages, path, Object.fromEntries(new URLSearchParams(query)), viewer);
    if (text === null) return assetAt(path);
    try {
      return page(await text(), viewer);
    } catch (error) {
      if (error instanceof NotFound) return problemPage(404, error.message, error.remedy, viewer);
      if (error instanceof z.core.$ZodError) return wrongQuery(viewer);
      throw error;
    }
  };
}

/** Null: no page has this path. @throws URIError */
function textAt(
  pages: Pages,
  path: string,
  query: Record<string, string>,
  viewer: Viewer,
): (() => Promise<PageText>) | null {
  const [, first, name, what, ...more] = path.split("/").map(decodeURIComponent);
  if (path === "/") return () => pages.overview(overviewQuery.parse(query));
  if (more.length > 0) return null;
  if (first === "runs" && name === undefined) return () => pages.runs(runsQuery.parse(query));
  if (name === undefined || name === "") return null;
  switch (`${first ?? ""} ${what ?? ""}`) {
    case "recipes ":
      return () => pages.recipe(name, viewer);
    case "runs ":
      return () => pages.run(name, viewer);
    case "runs cancel":
      return () => pages.cancel(name, viewer);
    case "recipes pause":
      return () => pages.pause(name, viewer);
    case "recipes rollback":
      return () => pages.rollback(name, imageQuery.parse(query).image, viewer);
    case "recipes pin":
      return () => pages.pin(name, imageQuery.parse(query).image, viewer);
    default:
      return null;
  }
}

function wrongQuery(viewer: Viewer): HttpAnswer {
  const remedy = "Go to the page by its links";
  return problemPage(400, "The query of this address is wrong", remedy, viewer);
}
