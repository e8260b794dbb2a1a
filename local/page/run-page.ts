import { duration } from "../cli/text/format.ts";
import { runOrigin, runReportRows } from "../cli/text/run-report.ts";
import { runState } from "../cli/text/run-state.ts";
import type { RunReport } from "../view/run-report.ts";
import { html, type Html } from "./html.ts";
import { comparisonRows, testBootRows } from "../cli/text/approval.ts";
import type { ApprovalView } from "../view/approval.ts";
import { approvalForms, cancelLink } from "./forms.ts";
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
    ${run.approval?.state === "waiting" && approvalSection(run, run.approval, viewer, nowMs)}
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

/** The candidate beside the current image, and the answers to choose from. */
function approvalSection(
  run: RunReport,
  approval: ApprovalView,
  viewer: Viewer,
  nowMs: number,
): Html {
  const titles = ["What", `Current: ${approval.compared_with?.name ?? "none"}`, "Candidate"];
  return html`<section aria-labelledby="approval-title">
    <h2 id="approval-title">Shall ${run.image?.name ?? "the image"} become current?</h2>
    <table class="approval">
      <thead>
        <tr>
          ${titles.map((title) => html`<th scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${comparisonRows(approval, nowMs).map(
          ([what = "", current = "", candidate = ""]) =>
            html`<tr>
              <th scope="row">${what}</th>
              <td data-label="Current">${current}</td>
              <td data-label="Candidate">${candidate}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${approval.test_boots.length > 0 && html`<dl class="report">${testBoots(approval)}</dl>`}
    ${approvalForms(run, viewer)}
  </section>`;
}

function testBoots(approval: ApprovalView): Html[] {
  return testBootRows(approval).map(
    ([what, text]) =>
      html`<div>
        <dt>${what}</dt>
        <dd>${text}</dd>
      </div>`,
  );
}

function outageText({ fromMs, untilMs, name }: Outage, nowMs: number): Html {
  const from = at(new Date(fromMs).toISOString(), nowMs);
  const took = duration(((untilMs ?? nowMs) - fromMs) / 1000);
  return html`<p class="outage-text">
    <span class="swatch" aria-hidden="true"></span> ${name}
    ${untilMs === null ? html`has been down since ${from}: ` : html`was down from ${from} to ${at(new Date(untilMs).toISOString(), nowMs)}: `}
    <b>${took}</b>
  </p>`;
}
