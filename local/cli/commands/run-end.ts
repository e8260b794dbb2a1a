import type * as z from "zod/mini";
import { SCHEMA } from "../../view/document.ts";
import { runOf, runReportOf } from "../../view/read.ts";
import { type RunRecord, stateOf } from "../../view/run.ts";
import { type runReportsDocument, type RunReport, viewRunReport } from "../../view/run-report.ts";
import type { App } from "../app.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { endText, worstOf } from "../run-ends.ts";
import { leftText, type WorkedBy } from "../text/left-runs.ts";
import type { Watched } from "../watch-run.ts";
import type { WatchControl } from "../run-control.ts";

/**
 * Says how the watching ended: on stdout the ended runs, on stderr why others were left.
 * @param isList several were asked for: the document is a list, also where one run does the work of all.
 */
export async function endOf(
  app: App,
  control: WatchControl,
  { records, stoppedBy }: Watched,
  isList = false,
): Promise<ExitStatus> {
  const workedBy = worker(control);
  const leave = (left: RunRecord[]): void => {
    const runs = left.map(({ run }) => run).filter(({ outcome }) => outcome === null);
    app.output.hint(...leftText(runs, { workedBy, stoppedBy }));
  };
  const isAtOnce = stoppedBy === "second interruption";
  const isOver = stoppedBy === "end" || stoppedBy === "approval";
  const now = isOver ? records : await stopped(control, records, { isAtOnce, leave });
  leave(now);
  const ended = now.filter(({ run }) => run.outcome !== null);
  if (ended.length > 0 || app.output.format !== "table") await answer(app, control, now, isList);
  if (ended.length < now.length && stoppedBy !== "timeout" && !isOver) return EXIT.interrupted;
  return worstOf(now.map((record) => ({ state: stateOf(record) })));
}

function worker({ workers }: WatchControl): WorkedBy {
  if (workers.isWorking) return "this command";
  return workers.isNeeded() ? "nobody" : "a host";
}

async function answer(
  app: App,
  { backend }: WatchControl,
  records: RunRecord[],
  isList: boolean,
): Promise<void> {
  const nowMs = app.now();
  const reports: RunReport[] = [];
  for (const record of records)
    reports.push(viewRunReport(await runReportOf(backend.store, record), nowMs));
  const list: z.infer<typeof runReportsDocument> = { schema: SCHEMA, runs: reports, next: null };
  const [first] = reports;
  app.output.answer({
    document: isList || first === undefined ? list : { schema: SCHEMA, run: first },
    lines: reports.map((run) => ({ run })),
    text: (paint) =>
      reports
        .filter(({ ended_at: at }) => at !== null)
        .flatMap((run) => endText(run, nowMs, paint)),
  });
}

/**
 * A process that does the work itself finishes the calls under way first, so that it tells how things stand.
 * @returns the runs as they are then.
 */
async function stopped(
  { workers, backend }: WatchControl,
  records: RunRecord[],
  { isAtOnce, leave }: { isAtOnce: boolean; leave: (left: RunRecord[]) => void },
): Promise<RunRecord[]> {
  const leaveAtOnce = (): never => {
    leave(records);
    process.exit(EXIT.interrupted);
  };
  if (isAtOnce) leaveAtOnce();
  process.once("SIGINT", leaveAtOnce);
  await workers.stop();
  process.off("SIGINT", leaveAtOnce);
  return Promise.all(
    records.map(async (record) => (await runOf(backend.store, record.run.id)) ?? record),
  );
}
