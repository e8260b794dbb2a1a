import type { Outcome } from "../../../shared/run/record.ts";
import { SCHEMA } from "../../view/document.ts";
import { storyOf } from "../../view/read.ts";
import { type StoryView, viewStory } from "../../view/story.ts";
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
  const story = viewStory(await storyOf(control.backend.store, record), app.now());
  const { outcome } = record.run;
  if (outcome !== null) {
    app.output.answer({
      document: { schema: SCHEMA, run: story },
      text: (paint) =>
        outcome === "succeeded" ? [successText(story)] : storyText(story, app.now(), paint),
    });
    return STATUS_OF[outcome];
  }
  app.output.hint(...stillThere(story, control, stoppedBy));
  if (app.output.format !== "table") {
    app.output.answer({ document: { schema: SCHEMA, run: story }, text: () => [] });
  }
  return stoppedBy === "interruption" ? EXIT.interrupted : EXIT.goesOn;
}

function successText(run: StoryView): string {
  const replaced = run.replaced_image === null ? "" : ` (before: ${run.replaced_image})`;
  const took = `${duration(run.elapsed_seconds)}, ${counted(run.api_calls, "API call")}`;
  return `Current for ${run.recipe}: ${run.image?.id ?? "–"}${replaced}. ${took}.`;
}

function stillThere(
  run: StoryView,
  { workers }: RunControl,
  stoppedBy: Watched["stoppedBy"],
): string[] {
  const why = stoppedBy === "timeout" ? "--timeout has passed" : "The watching has ended";
  return [
    ...(workers.isWorking
      ? [
          `${why}; run ${run.id} stands as it is until a host goes on with it:`,
          `  regild serve, or regild refresh ${run.recipe} --wait`,
        ]
      : [`${why}; run ${run.id} goes on`]),
    `How it stands: regild status ${run.id}`,
    `To end it:     regild cancel ${run.id}`,
  ];
}
