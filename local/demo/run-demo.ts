import { interruption } from "../cli/signals.ts";
import { cloudReport } from "./cloud-report.ts";
import { openProgress } from "../progress/progress.ts";
import { openDemoHost } from "./demo-host.ts";
import { refreshTwice } from "./refresh-twice.ts";
import { resultsTable } from "./results-table.ts";

const BEFORE = `Starts a simulated OpenStack and Regild's host in this process, and refreshes the
golden images of two servers and a volume twice: the second time retires,
deletes and cleans up what the first one made.
`;
const GOOD = `The cloud itself was looked into: one current image per recipe, nothing left
behind, both servers running.
Next: npx regild --help, and the README for a cloud of your own.
`;
const INTERRUPTED = 130;

interface Streams {
  out: NodeJS.WriteStream;
  err: NodeJS.WriteStream;
}

/**
 * Six runs, three at a time, in one process and without trace.
 * @returns the exit status: 0 only if all six succeeded and the cloud itself holds what it should.
 */
export async function runDemo(streams: Streams): Promise<number> {
  using interrupted = interruption();
  try {
    return await demonstrate(streams, interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    streams.err.write("Interrupted. Nothing is left behind.\n");
    return INTERRUPTED;
  }
}

async function demonstrate({ out, err }: Streams, signal: AbortSignal): Promise<number> {
  out.write(BEFORE);
  await using host = await openDemoHost();
  const openRound = (name: string) => {
    err.write(`\n${name}\n`);
    return openProgress(err);
  };
  const { rows, runs, problems } = await refreshTwice(host, openRound, signal);
  out.write(`\n${resultsTable(rows)}\n\n`);
  const told = runs.findLast(({ run }) => run.recipeName === "web");
  if (told !== undefined) {
    const lines = ["Step by step, the cloud's part in the second refresh of web:"];
    out.write(`${[...lines, ...cloudReport(told.run)].join("\n")}\n\n`);
  }
  if (problems.length === 0) out.write(GOOD);
  else err.write(`${["Not as it should be:", ...problems, ...host.warnings].join("\n  ")}\n`);
  return problems.length === 0 ? 0 : 1;
}
