import { duration } from "../cli/text/format.ts";
import { runState } from "../cli/text/run-state.ts";
import { triggerText } from "../cli/text/trigger.ts";
import type { RunView } from "../view/run.ts";
import { html, type Html } from "./html.ts";
import type { PageText } from "./layout.ts";
import { at, plain, recipePath, runPath, sign } from "./words.ts";

export interface RunsPage {
  runs: readonly RunView[];
  /** Null: of all recipes. */
  recipe: string | null;
  failedOnly: boolean;
  /** The `after` of the next page; null: there is none. */
  next: string | null;
}

export function runsPageText(is: RunsPage, nowMs: number): PageText {
  const { recipe, failedOnly } = is;
  const title = `${failedOnly ? "Failed runs" : "Runs"}${recipe === null ? "" : ` of ${recipe}`}`;
  const link = (isHere: boolean, text: string, state: string) =>
    html`<a href="/runs?${fields(recipe, { state })}" ${isHere && html`aria-current="true"`}
      >${text}</a
    >`;
  const body = html`<h1>${title}</h1>
    <nav class="filter" aria-label="Which runs">
      ${link(!failedOnly, "All", "all")} ${link(failedOnly, "Failed", "failed")}
    </nav>
    <div id="runs" data-live>
      ${
        is.runs.length === 0 && is.next !== null
          ? html`<p class="quiet">No failed run among the newest. Look at earlier ones.</p>`
          : runsTable(is.runs, nowMs, { withRecipe: recipe === null })
      }
    </div>
    ${
      is.next !== null &&
      html`<p>
        <a
          rel="next"
          href="/runs?${fields(recipe, { state: failedOnly ? "failed" : "all", after: is.next })}"
          >Earlier runs</a
        >
      </p>`
    }`;
  return { title, body, refreshSeconds: 10, here: "runs" };
}

function fields(recipe: string | null, more: Record<string, string>): string {
  return new URLSearchParams({ ...(recipe === null ? {} : { recipe }), ...more }).toString();
}

export function runsTable(
  runs: readonly RunView[],
  nowMs: number,
  { withRecipe }: { withRecipe: boolean },
): Html {
  if (runs.length === 0) return html`<p class="quiet">No runs yet</p>`;
  const names = ["Run", ...(withRecipe ? ["Recipe"] : []), "Started", "By", "Took", "Result"];
  return html`<table class="runs" role="table">
    <thead role="rowgroup">
      <tr role="row">
        ${names.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${runs.map((run) => runRow(run, nowMs, withRecipe))}
    </tbody>
  </table>`;
}

function runRow(run: RunView, nowMs: number, withRecipe: boolean): Html {
  const soFar = run.ended_at === null ? " so far" : "";
  return html`<tr role="row">
    <th role="rowheader" scope="row">
      ${sign(run.state)} <a href="${runPath(run.id)}">${run.id}</a>
    </th>
    ${
      withRecipe &&
      html`<td role="cell" data-label="Recipe">
        <a href="${recipePath(run.recipe)}">${run.recipe}</a>
      </td>`
    }
    <td role="cell" data-label="Started">${at(run.started_at, nowMs)}</td>
    <td role="cell" data-label="By">${triggerText(run)}</td>
    <td role="cell" data-label="Took">${duration(run.elapsed_seconds)}${soFar}</td>
    <td role="cell" data-label="Result">
      ${runState(run, nowMs, plain)}
      ${run.failure !== null && html`<span class="quiet">${run.failure.message}</span>`}
    </td>
  </tr>`;
}
