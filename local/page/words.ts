import type { Paint } from "../cli/text/paint.ts";
import type { RunView } from "../view/run.ts";
import { clock } from "../cli/text/format.ts";
import { html, type Html } from "./html.ts";

/** The texts of the commands, without colours. */
export const plain: Paint = (_style, text) => text;

/** A time of a document, as the commands write it. */
export function at(time: string, nowMs: number): Html {
  return html`<time datetime="${time}">${clock(time, nowMs)}</time>`;
}

export function recipePath(recipe: string): string {
  return `/recipes/${segment(recipe)}`;
}

export function runPath(run: string): string {
  return `/runs/${segment(run)}`;
}

/** A name with half a character in it, which no address can hold, leads to nothing; the page shows all the same. */
function segment(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}

/** Each state has a sign of its own, so colour is never the only one. */
export const SIGNS: Record<RunView["state"], string> = {
  succeeded: "✓",
  failed: "✗",
  cancelled: "–",
  joined: "→",
  skipped: "–",
  running: "●",
  cancelling: "●",
};

export function sign(state: RunView["state"]): Html {
  return html`<span class="sign ${state}" aria-hidden="true">${SIGNS[state]}</span>`;
}

/** An id that somebody needs elsewhere: one click selects it, and with the script one button copies it. */
export function copyable(text: string, label: string): Html {
  return html`<span class="copyable"
    ><code>${text}</code
    ><button type="button" hidden data-copy="${text}" aria-label="Copy ${label}">Copy</button></span
  >`;
}
