import type * as z from "zod/mini";
import { counted } from "../cli/text/format.ts";
import type { RecipeStatus, statusDocument } from "../view/status.ts";
import type { CloudAnswer } from "./cloud-answers.ts";
import type { CloudQuota } from "./cloud-quotas.ts";
import { html, type Html } from "./html.ts";
import type { PageText } from "./layout.ts";
import { needsList, needyOf } from "./needs-list.ts";
import { recipeRow } from "./recipe-row.ts";
import type { RecentRun } from "./recent-runs.ts";
import { needYou, summary } from "./summary.ts";

export interface Overview {
  status: z.infer<typeof statusDocument>;
  /** Null: nobody knows. */
  clouds: readonly CloudAnswer[] | null;
  /** Null: nobody asks for them. */
  quotas: readonly CloudQuota[] | null;
  /** The recipes of this page. */
  rows: ReadonlyArray<{ status: RecipeStatus; runs: readonly RecentRun[] }>;
  /** From 1. */
  page: number;
  pages: number;
  /** A part of the names that are looked for. Empty: all. */
  find: string;
}

export function overviewPage(overview: Overview, nowMs: number): PageText {
  const { status, clouds, quotas } = overview;
  const needy = needyOf(status, nowMs);
  const isAtWork = overview.rows.some(({ status }) => status.last_run?.ended_at === null);
  const body = html`<h1 class="hidden">Recipes</h1>
    <div id="summary" class="summary" data-live>
      ${summary(status, { clouds, quotas, needy: needy.length }, nowMs)}
    </div>
    <div id="needs" data-live>${needsList(needy)}</div>
    ${recipesSection(overview, nowMs)}`;
  const title = needy.length === 0 ? "All good" : needYou(needy.length);
  return { title, body, refreshSeconds: isAtWork ? 2 : 10, here: "recipes" };
}

function recipesSection({ status, rows, find, page, pages }: Overview, nowMs: number): Html {
  const all = status.recipes.length;
  return html`<section aria-labelledby="recipes-title">
    <div class="title">
      <h2 id="recipes-title">${counted(all, "recipe")}</h2>
      ${(pages > 1 || find !== "") && findForm(find)}
    </div>
    ${
      rows.length === 0
        ? html`<p class="quiet">
            ${all === 0 ? "recipes.yml has no recipe" : `No name has “${find}” in it`}
          </p>`
        : recipeTable(rows, nowMs)
    }
    ${pages > 1 && pageLinks({ page, pages, find })}
  </section>`;
}

function findForm(find: string): Html {
  return html`<form method="get" action="/" role="search">
    <label for="find">Find a recipe</label>
    <input id="find" name="find" type="search" value="${find}" maxlength="100" />
    <button>Find</button>
  </form>`;
}

function recipeTable(rows: Overview["rows"], nowMs: number): Html {
  return html`<table class="recipes" role="table">
    <thead role="rowgroup">
      <tr role="row">
        ${["Recipe", "Current image", "Age", "Last 30 runs", "Now", "Next start"].map(
          (name) => html`<th role="columnheader" scope="col">${name}</th>`,
        )}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(({ status, runs }) => recipeRow(status, runs, nowMs))}
    </tbody>
  </table>`;
}

function pageLinks({ page, pages, find }: Pick<Overview, "page" | "pages" | "find">): Html {
  const to = (other: number) =>
    `/?${new URLSearchParams({ ...(find === "" ? {} : { find }), page: String(other) }).toString()}`;
  return html`<nav class="pages" aria-label="More recipes">
    ${page > 1 && html`<a rel="prev" href="${to(page - 1)}">← Before</a>`}
    <span>Page ${page} of ${pages}</span>
    ${page < pages && html`<a rel="next" href="${to(page + 1)}">Next →</a>`}
  </nav>`;
}
