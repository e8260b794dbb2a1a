import { duration } from "../cli/text/format.ts";
import { runOrigin, runReportRows } from "../cli/text/run-report.ts";
import { runState } from "../cli/text/run-state.ts";
import type { RunReport } from "../view/run-report.ts";
import { html, type Html } from "./html.ts";
import { cancelLink } from "./forms.ts";
import type { PageText } from "./layout.ts";
import { type Outage, stepsTable } from "./step-gantt.ts";
import type { Viewer } from "./viewer.ts";
import { at, plain, recipePath, sign } from "./words.ts";

/** A run's whole report: how it stands, why, what was undone, what to do; then step by step. */
export function runPage(
  run: RunReport,
  { outage, viewer }: { outage: Outage | null; viewer: Viewer },
  nowMs: number,
): PageText {
  const isAtWork = run.ended_at === null;
  const body = html`<div id="run" data-live>
    <p class="crumbs"><a href="${recipePath(run.recipe)}">${run.recipe}</a></p>
    <h1 class="state ${run.state}">${sign(run.state)} ${runState(run, nowMs, plain)}</h1>
    <p class="quiet">${runOrigin(run, nowMs)}</p>
    <dl class="report">${reportRows(run, nowMs)}</dl>
    ${run.state === "running" && run.failure === null && cancelLink(run, viewer)}
    <section aria-labelledby="steps-title">
      <h2 id="steps-title">Steps</h2>
      ${outage !== null && outageText(outage, nowMs)} ${stepsTable(run, outage, nowMs)}
    </section>
  </div>`;
  const title = `${run.state} ${run.id}`;
  return { title, body, refreshSeconds: isAtWork ? 2 : null, here: "runs" };
}

function reportRows(run: RunReport, nowMs: number): Html[] {
  return runReportRows(run, nowMs).map(([label, text], index, rows) => {
    const lines = rows.slice(index + 1);
    const end = lines.findIndex(([other]) => other !== "");
    const rest = lines.slice(0, end === -1 ? lines.length : end);
    if (label === "") return html``;
    return html`<div class="${label.toLowerCase()}">
      <dt>${label}</dt>
      <dd>${text}</dd>
      ${rest.map(([, more]) => html`<dd>${more}</dd>`)}
    </div>`;
  });
}

function outageText({ fromMs, untilMs, name }: Outage, nowMs: number): Html {
  const from = at(new Date(fromMs).toISOString(), nowMs);
  const took = duration(((untilMs ?? nowMs) - fromMs) / 1000);
  return html`<p class="outage-text">
    <span class="swatch" aria-hidden="true"></span> ${name} was down from ${from}
    ${untilMs === null ? "on, and is still: " : html`to ${at(new Date(untilMs).toISOString(), nowMs)}: `}
    <b>${took}</b>
  </p>`;
}
