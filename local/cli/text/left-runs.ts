import type { Run } from "../../../shared/run/record.ts";
import { printable } from "../../progress/text-line.ts";
import { type ServerOff, serverOff } from "../../view/server-off.ts";
import type { Watched } from "../watch-run.ts";

/** Who works on the runs: this process until now, another one, or none. */
export type WorkedBy = "this command" | "a host" | "nobody";

/** Why unfinished runs are not watched any more, what becomes of each, and the commands to go on with. */
export function leftText(
  runs: Run[],
  is: { workedBy: WorkedBy; stoppedBy: Watched["stoppedBy"] },
): string[] {
  if (is.stoppedBy === "approval")
    return runs.map(({ id }) => `Run ${id} waits for a person: regild approve ${id}`);
  return runs.flatMap((run) => (is.workedBy === "this command" ? stopped(run, is) : left(run, is)));
}

function left(run: Run, { workedBy, stoppedBy }: Parameters<typeof leftText>[1]): string[] {
  const why = stoppedBy === "timeout" ? "--timeout has passed" : "The watching has ended";
  if (workedBy === "nobody") {
    return [
      `${why}; no host works, and run ${run.id} stands still`,
      `Continue: regild serve, or regild refresh ${run.recipeName} --wait`,
    ];
  }
  return [
    `${why}; run ${run.id} goes on`,
    `How it stands: regild status ${run.id}`,
    `To end it:     regild cancel ${run.id}`,
  ];
}

function stopped(run: Run, { stoppedBy }: Parameters<typeof leftText>[1]): string[] {
  const off = serverOff(run);
  const server = off === null ? "No server is switched off, but" : `${stillOff(off)} and`;
  const undo = run.promoted ? "" : `   Undo: regild cancel ${run.id} --wait`;
  return [
    `${stoppedBy === "timeout" ? "Stopped: --timeout has passed" : "Stopped"}. ${server} run ${run.id} is unfinished.`,
    `Continue: regild refresh ${run.recipeName} --wait${undo}`,
  ];
}

function stillOff({ name, certain }: ServerOff): string {
  return `${printable(name)} ${certain ? "is still" : "may be"} SWITCHED OFF`;
}
