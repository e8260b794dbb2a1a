import type { Outcome, Run } from "../../../shared/run/record.ts";
import { SCHEMA } from "../../view/document.ts";
import { runOf, storyOf } from "../../view/read.ts";
import type { RunRecord } from "../../view/run.ts";
import { type ServerOff, serverOff } from "../../view/server-off.ts";
import { type StoryView, viewStory } from "../../view/story.ts";
import { printable } from "../../progress/text-line.ts";
import type { App } from "../app.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { counted, duration } from "../text/format.ts";
import { storyText } from "../text/story.ts";
import type { Watched } from "../watch-run.ts";
import type { RunControl } from "../run-control.ts";

/** Of a run that was watched to its end. One that joined another is watched to the other's end. */
const STATUS_OF: Record<Outcome, ExitStatus> = {
  succeeded: EXIT.done,
  failed: EXIT.runFailed,
  cancelled: EXIT.cancelled,
  joined: EXIT.done,
};

/** Says how the watching ended: on stdout the ended run, on stderr why it was left. */
export async function endOf(
  app: App,
  control: RunControl,
  { record, stoppedBy }: Watched,
): Promise<ExitStatus> {
  if (record.run.outcome === null) return leaving(app, control, { record, stoppedBy });
  return ended(app, control, record);
}

async function ended(app: App, control: RunControl, record: RunRecord): Promise<ExitStatus> {
  const story = viewStory(await storyOf(control.backend.store, record), app.now());
  const outcome = record.run.outcome ?? "failed";
  app.output.answer({
    document: { schema: SCHEMA, run: story },
    text: (paint) =>
      outcome === "succeeded" ? [successText(story)] : storyText(story, app.now(), paint),
  });
  return STATUS_OF[outcome];
}

/** A process that does the work itself finishes the calls under way first, so that it tells how things stand. */
async function leaving(
  app: App,
  control: RunControl,
  { record, stoppedBy }: Watched,
): Promise<ExitStatus> {
  const { workers, backend } = control;
  const { isWorking } = workers;
  const tell = (run: Run): void => app.output.hint(...leftText(run, { isWorking, stoppedBy }));
  const leaveAtOnce = (): never => {
    tell(record.run);
    process.exit(EXIT.interrupted);
  };
  if (stoppedBy === "second interruption") leaveAtOnce();
  process.once("SIGINT", leaveAtOnce);
  await workers.stop();
  process.off("SIGINT", leaveAtOnce);
  const now = (await runOf(backend.store, record.run.id)) ?? record;
  if (now.run.outcome !== null) return ended(app, control, now);
  tell(now.run);
  if (app.output.format !== "table") {
    const story = viewStory(await storyOf(backend.store, now), app.now());
    app.output.answer({ document: { schema: SCHEMA, run: story }, text: () => [] });
  }
  return stoppedBy === "timeout" ? EXIT.goesOn : EXIT.interrupted;
}

function leftText(
  run: Run,
  { isWorking, stoppedBy }: { isWorking: boolean; stoppedBy: Watched["stoppedBy"] },
): string[] {
  const isTimeout = stoppedBy === "timeout";
  if (!isWorking) {
    return [
      `${isTimeout ? "--timeout has passed" : "The watching has ended"}; run ${run.id} goes on`,
      `How it stands: regild status ${run.id}`,
      `To end it:     regild cancel ${run.id}`,
    ];
  }
  const off = serverOff(run);
  const server = off === null ? "No server is switched off, but" : `${stillOff(off)} and`;
  const undo = run.promoted ? "" : `   Undo: regild cancel ${run.id} --wait`;
  return [
    `${isTimeout ? "Stopped: --timeout has passed" : "Stopped"}. ${server} run ${run.id} is unfinished.`,
    `Continue: regild refresh ${run.recipeName} --wait${undo}`,
  ];
}

function stillOff({ name, certain }: ServerOff): string {
  return `${printable(name)} ${certain ? "is still" : "may be"} SWITCHED OFF`;
}

function successText(run: StoryView): string {
  const replaced = run.replaced_image === null ? "" : ` (before: ${run.replaced_image})`;
  const took = `${duration(run.elapsed_seconds)}, ${counted(run.api_calls, "API call")}`;
  return `Current for ${run.recipe}: ${run.image?.id ?? "–"}${replaced}. ${took}.`;
}
