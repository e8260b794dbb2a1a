import { took } from "./durations.ts";
import { headline } from "./one-run.ts";
import { storyOf, type Watched } from "./story.ts";
import { printable, spaced } from "./text-line.ts";
import { expectation } from "./upload-time.ts";

/** For a log: a line for each run, step and status that was not told yet, and none twice. */
export class ChangeLines {
  private readonly told = new Map<string, { steps: number; status: string }>();

  next(watched: Watched[]): string[] {
    return watched.flatMap((each) => this.changesOf(each)).map(printable);
  }

  private changesOf(watched: Watched): string[] {
    const { run, head } = watched;
    const { done, atWork } = storyOf(run);
    const before = this.told.get(run.id);
    const steps = done
      .slice(before?.steps ?? 0)
      .map(({ name, text, seconds, failed }) =>
        spaced(`${run.recipeName}  ${failed ? "✗" : "✓"} ${name}`, text, took(seconds)),
      );
    const status =
      atWork === null || atWork.text === ""
        ? ""
        : spaced(`${run.recipeName}  ● ${atWork.name}`, atWork.text, expectation(run, head));
    this.told.set(run.id, { steps: done.length, status });
    return [
      ...(before === undefined ? [headline(watched)] : []),
      ...steps,
      ...(status === "" || status === before?.status ? [] : [status]),
    ];
  }
}
