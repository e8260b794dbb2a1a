import { deletesText, NOTHING, summaryText, whereText, whyText } from "../cli/text/clean-up.ts";
import type { CleanUpDocument, CleanUpRowView } from "../view/clean-up.ts";
import { form } from "./forms.ts";
import { html, type Html } from "./html.ts";
import type { PageText } from "./layout.ts";
import type { Viewer } from "./viewer.ts";
import { copyable, recipePath } from "./words.ts";

/** Rows of what stays, and of what Regild did not make. What goes is shown whole. */
const ROWS = 200;

/** @param problem why the plan before was refused. Null: there was none. */
export function cleanUpPage(document: CleanUpDocument, problem: string | null): PageText {
  const { recipe, plan, rows, counts } = document;
  const title = titleOf(recipe);
  const body = html`<h1>${title}</h1>
    ${problem !== null && html`<p role="alert">${problem}</p>`}
    ${problem !== null && html`<h2>The new plan</h2>`}
    <p>${rows.length === 0 ? NOTHING : summaryText(document)}</p>
    ${
      counts.delete > 0 &&
      html`<div class="actions">
        <a class="button" href="${applyPath(plan)}">Delete these …</a>
        <span class="quiet">Good for a day, unless something changes.</span>
      </div>`
    }
    ${rowsSection("goes", "Goes", ofFate(rows, "delete"))}
    ${rowsSection("stays", "Stays", ofFate(rows, "keep"), ROWS)}
    ${rowsSection("others", "Not made by Regild, and left alone", ofFate(rows, "report"), ROWS)}`;
  return { title, body, refreshSeconds: null, here: hereOf(recipe) };
}

/** Asks before the plan is carried out. */
export function applyPage(document: CleanUpDocument, viewer: Viewer): PageText {
  const { recipe, plan, rows, freed_gib: freed } = document;
  const title = `Delete ${deletesText(document)}?`;
  const body = html`<h1>${title}</h1>
    <p>
      Frees ${freed} GiB. Nobody can bring them back. If the clouds or the records have changed
      since the plan, Regild deletes nothing and shows a new plan.
    </p>
    ${form(viewer, applyPath(plan), { button: "Delete them", isGrave: true })}
    ${rowsSection("goes", "Goes", ofFate(rows, "delete"))}
    <p><a href="${planPath(recipe)}">Make a new plan</a></p>`;
  return { title, body, refreshSeconds: null, here: hereOf(recipe) };
}

export function cleanedUpPage({ recipe, rows, freed_gib: freed, done }: CleanUpDocument): PageText {
  const rowsOf = (ids: readonly string[] = []) =>
    ofFate(rows, "delete").filter(({ id }) => ids.includes(id));
  const [gone, remaining] = [rowsOf(done?.deleted), rowsOf(done?.remaining)];
  const title = `${gone.length} deleted`;
  const body = html`<h1>${title}</h1>
    <p>
      ${
        remaining.length === 0
          ? `${freed} GiB freed.`
          : `${remaining.length} not gone yet: a host goes on with them.`
      }
    </p>
    ${rowsSection("remaining", "Not gone yet", remaining)} ${rowsSection("gone", "Gone", gone)}
    <p><a href="${planPath(recipe)}">Make a new plan</a></p>`;
  return { title, body, refreshSeconds: null, here: hereOf(recipe) };
}

/** Where no clouds are read, as on AWS. */
export function cleanUpElsewherePage(recipe: string | null): PageText {
  const title = titleOf(recipe);
  const option = recipe === null ? "" : ` --recipe ${recipe}`;
  const body = html`<h1>${title}</h1>
    <p>This page reads no clouds. Run the clean-up on a machine that has clouds.yaml:</p>
    <pre tabindex="0" role="region" aria-label="Command"><code>regild clean-up${option}</code></pre>
    <p>
      It shows what happens to each image and snapshot, and why, and asks before it deletes
      anything.
    </p>`;
  return { title, body, refreshSeconds: null, here: hereOf(recipe) };
}

function titleOf(recipe: string | null): string {
  return recipe === null ? "Clean-up" : `Clean-up of ${recipe}`;
}

function hereOf(recipe: string | null): "clean-up" | "recipes" {
  return recipe === null ? "clean-up" : "recipes";
}

function planPath(recipe: string | null): string {
  return recipe === null ? "/clean-up" : `${recipePath(recipe)}/clean-up`;
}

function applyPath(plan: string): string {
  return `/clean-up/${encodeURIComponent(plan)}/apply`;
}

function ofFate(rows: readonly CleanUpRowView[], fate: CleanUpRowView["fate"]): CleanUpRowView[] {
  return rows.filter((row) => row.fate === fate);
}

function rowsSection(
  id: string,
  title: string,
  rows: readonly CleanUpRowView[],
  shown = rows.length,
): Html | null {
  if (rows.length === 0) return null;
  return html`<section aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}: ${rows.length}</h2>
    <table class="clean-up" role="table">
      <thead role="rowgroup">
        <tr role="row">
          ${["Name", "Kind", "GiB", "Recipe", "Where", "Why"].map(
            (name) => html`<th role="columnheader" scope="col">${name}</th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.slice(0, shown).map((row) => tableRow(row))}
      </tbody>
    </table>
    ${
      rows.length > shown &&
      html`<p class="quiet">
        ${rows.length - shown} more: <code>regild clean-up --dry-run</code> lists all.
      </p>`
    }
  </section>`;
}

function tableRow(row: CleanUpRowView): Html {
  const { id, kind, name, recipe, size_gib: gib } = row;
  return html`<tr role="row">
    <th role="rowheader" scope="row">
      <span class="name">${name === "" ? "–" : name}</span>
      ${copyable(id, `the id of the ${kind}`)}
    </th>
    <td role="cell" data-label="Kind">${kind}</td>
    <td role="cell" data-label="GiB">${gib ?? "–"}</td>
    <td role="cell" data-label="Recipe">
      ${recipe === null ? "–" : html`<a href="${recipePath(recipe)}">${recipe}</a>`}
    </td>
    <td role="cell" data-label="Where">${whereText(row)}</td>
    <td role="cell" data-label="Why">${whyText(row)}</td>
  </tr>`;
}
