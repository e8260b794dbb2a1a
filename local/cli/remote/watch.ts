import { setTimeout as sleep } from "node:timers/promises";
import type * as z from "zod/mini";
import { SCHEMA } from "../../view/document.ts";
import { type RunReport, type runReportsDocument, runDocument } from "../../view/run-report.ts";
import type { App } from "../app.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { endText, worstOf } from "../run-ends.ts";
import { interruption } from "../signals.ts";
import type { Remote } from "./remote.ts";

const POLL_MS = 2_000;

/** Watches runs of another host until all have ended; that host does the work. */
export async function watchThere(
  app: App,
  remote: Remote,
  ids: readonly string[],
  is: { timeoutMs: number | null; isList: boolean },
): Promise<ExitStatus> {
  using interrupted = interruption();
  const untilMs = is.timeoutMs === null ? Number.POSITIVE_INFINITY : app.now() + is.timeoutMs;
  const said = new Map<string, string>();
  let watched = [...new Set(ids)];
  for (;;) {
    const runs: RunReport[] = [];
    for (const id of watched) runs.push(await runThere(remote, id));
    for (const run of runs) tellStep(app, run, said);
    const joined = runs.filter(({ joined_run: other }) => other !== null);
    if (joined.length > 0) {
      watched = [...new Set(runs.map(({ id, joined_run: other }) => other ?? id))];
      continue;
    }
    const isOver = runs.every(isAtRest);
    const isLate = app.now() >= untilMs;
    if (isOver || isLate || interrupted.signal.aborted) {
      answer(app, runs, is.isList);
      const left = runs.filter(({ ended_at: at }) => at === null).map(({ id }) => id);
      if (isOver) {
        if (left.length > 0) app.output.hint(`Waiting for an answer: ${left.join(", ")}`);
        return worstOf(runs);
      }
      app.output.hint(
        `Not ended: ${left.join(", ")}. Go on watching: regild watch ${left.join(" ")}`,
      );
      return isLate ? EXIT.goesOn : EXIT.interrupted;
    }
    await pause(interrupted.signal);
  }
}

/** Ended, or waiting for a person to approve it. */
function isAtRest({ ended_at: at, approval, state }: RunReport): boolean {
  return at !== null || (state === "running" && approval?.state === "waiting");
}

export async function runThere(remote: Remote, name: string): Promise<RunReport> {
  const path = `/v1/runs/${encodeURIComponent(name)}`;
  return (await remote.get(path, runDocument)).run;
}

function answer(app: App, runs: readonly RunReport[], isList: boolean): void {
  const ended = runs.filter(({ ended_at: at }) => at !== null);
  if (ended.length === 0 && app.output.format === "table") return;
  const list: z.infer<typeof runReportsDocument> = { schema: SCHEMA, runs: [...runs], next: null };
  const [first] = runs;
  app.output.answer({
    document: isList || first === undefined ? list : { schema: SCHEMA, run: first },
    lines: runs.map((run) => ({ run })),
    text: (paint) => ended.flatMap((run) => endText(run, app.now(), paint)),
  });
}

/** A line on stderr with each step that a run comes to. */
function tellStep({ output }: App, run: RunReport, said: Map<string, string>): void {
  if (run.ended_at !== null || said.get(run.id) === run.step) return;
  said.set(run.id, run.step);
  output.hint(`${run.recipe}: ${run.step} (run ${run.id})`);
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(POLL_MS, undefined, { signal });
  } catch {
    // Woken early: the caller looks at the signal.
  }
}
