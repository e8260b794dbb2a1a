import type { ImageView } from "../view/images.ts";
import type { ZoneCell } from "../view/zone-cells.ts";
import { zoneMatrix } from "../view/zone-matrix.ts";
import { html, type Html } from "./html.ts";

const TEXTS: Record<ZoneCell, Html> = {
  usable: html`<span class="sign succeeded" aria-hidden="true">✓</span> usable`,
  awaited: html`<span class="sign running" aria-hidden="true">●</span> not yet`,
  fails: html`<span class="sign failed" aria-hidden="true">✗</span> fails`,
  not_asked: html`<span class="quiet">not made for it</span>`,
};

/** Where each image can be used: as it was when it became current, and of the current one as the last check saw it. */
export function zoneTable(images: readonly ImageView[]): Html | null {
  const matrix = zoneMatrix(images);
  if (matrix === null) return null;
  const { zones, rows } = matrix;
  return html`<section aria-labelledby="zones-title" id="zones" data-live>
    <h2 id="zones-title">Images by zone</h2>
    <table class="zones" role="table">
      <thead role="rowgroup">
        <tr role="row">
          ${["Image", ...zones].map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          ({ image, cells }) =>
            html`<tr role="row">
              <th role="rowheader" scope="row">
                <span class="name">${image.name}</span>
                <span class="quiet">${image.state}</span>
              </th>
              ${cells.map(
                (cell, index) =>
                  html`<td role="cell" data-label="${zones[index] ?? ""}">${TEXTS[cell]}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
