import type * as z from "zod/mini";
import { counted } from "../cli/text/format.ts";
import { pauseLine } from "../cli/text/pause.ts";
import { recipeNeedTexts } from "../cli/text/recipe-needs.ts";
import type { imagesDocument } from "../view/images.ts";
import type { RunView } from "../view/run.ts";
import type { RecipeStatus } from "../view/status.ts";
import { html, type Html } from "./html.ts";
import { imageShelf } from "./image-shelf.ts";
import type { PageText } from "./layout.ts";
import { lookUps } from "./look-ups.ts";
import { needText } from "./needs-list.ts";
import { nowCell } from "./recipe-row.ts";
import { runsTable } from "./runs-page.ts";
import { fact } from "./summary.ts";
import { type Upload, uploadCharts } from "./upload-charts.ts";
import type { Viewer } from "./viewer.ts";
import { at, copyable } from "./words.ts";
import { zoneTable } from "./zone-table.ts";

export interface RecipePage {
  recipe: string;
  /** Null: recipes.yml has no such recipe any more. */
  status: RecipeStatus | null;
  images: z.infer<typeof imagesDocument>;
  /** Newest first. */
  runs: readonly RunView[];
  /** The `after` of the next page of runs; null: there is none. */
  next: string | null;
  /** Oldest first. */
  uploads: readonly Upload[];
  /** What the viewer may do; null: nothing. */
  forms: Html | null;
}

export function recipePage(is: RecipePage, nowMs: number, viewer: Viewer): PageText {
  const { recipe, status } = is;
  const body = html`<div id="recipe" data-live>
      <h1>${recipe}</h1>
      ${
        status === null
          ? html`<p class="badge">Not in recipes.yml any more</p>`
          : standing(status, nowMs)
      }
    </div>
    <div id="actions" data-live>${is.forms}</div>
    <section aria-labelledby="images-title" id="images" data-live>
      <h2 id="images-title">Images</h2>
      ${imageShelf(is.images, nowMs, viewer)}
    </section>
    ${zoneTable(is.images.images)} ${is.uploads.length > 1 && uploadsSection(is.uploads, nowMs)}
    ${lookUps(recipe)}
    <section aria-labelledby="runs-title" id="runs" data-live>
      <h2 id="runs-title">Runs</h2>
      ${runsTable(is.runs, nowMs, { withRecipe: false })}
      ${
        is.next !== null &&
        html`<p><a href="/runs?${query({ recipe, after: is.next })}">Earlier runs</a></p>`
      }
    </section>`;
  const isAtWork = status?.last_run?.ended_at === null;
  return { title: recipe, body, refreshSeconds: isAtWork ? 3 : 15, here: "recipes" };
}

export function query(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString();
}

function standing(status: RecipeStatus, nowMs: number): Html {
  const needs = recipeNeedTexts(status, nowMs);
  const { current, cloud, region_name: region } = status;
  return html`${
      needs.length > 0 &&
      html`<div class="needs single" role="group" aria-label="Needs you">
        ${needs.map(needText)}
      </div>`
    }
    ${
      status.paused !== null &&
      html`<p class="paused">❚❚ ${pauseLine(status.recipe, status.paused, nowMs)}</p>`
    }
    <dl class="facts">
      ${fact(
        "Current image",
        current === null
          ? "none yet"
          : html`${current.name} ${copyable(current.id, "the id of the image")}`,
      )}
      ${current !== null && fact("Since", at(current.since, nowMs))}
      ${fact("Now", nowCell(status.last_run, nowMs))}
      ${fact("Next start", status.next_start_at === null ? "–" : at(status.next_start_at, nowMs))}
      ${fact("Cloud", `${cloud}${region === null ? "" : ` (${region})`}`)}
    </dl>`;
}

function uploadsSection(uploads: readonly Upload[], nowMs: number): Html {
  return html`<section aria-labelledby="uploads-title">
    <h2 id="uploads-title">The last ${counted(uploads.length, "upload")}</h2>
    ${uploadCharts(uploads, nowMs)}
  </section>`;
}
