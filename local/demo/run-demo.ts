import { interruption } from "../cli/signals.ts";
import type { Watched } from "../progress/watched.ts";
import { found, problemsIn } from "./check-cloud.ts";
import { openDemoHost } from "./demo-host.ts";
import { refreshAll } from "./refresh-all.ts";
import { resultRow, resultsTable } from "./results-table.ts";

const BEFORE = `Starts a simulated OpenStack and Regild's host in this process, and refreshes the
golden images of two servers and a volume twice: the second time retires,
deletes and cleans up what the first one made.
`;
const GOOD = `The cloud itself was looked into: one current image per recipe, nothing left
behind, both servers running.
Next: npx regild --help, and the README for a cloud of your own.
`;
const ROUNDS = ["First refresh", "Second refresh"];
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
  const { cloud, installation, warnings } = host;
  const before = found(cloud.world);
  const rows: string[][] = [];
  const problems: string[] = [];
  let last: Watched[] = [];
  for (const round of ROUNDS) {
    err.write(`\n${round}\n`);
    last = await refreshAll(installation, err, signal);
    rows.push(...last.map((watched) => resultRow(watched, cloud.world)));
    problems.push(...last.flatMap(problemOf));
  }
  out.write(`\n${resultsTable(rows)}\n\n`);
  const currents = new Map(last.map(({ run }) => [run.recipeName, run.candidate?.id ?? ""]));
  problems.push(...problemsIn(cloud, currents, before));
  if (problems.length === 0) out.write(GOOD);
  else err.write(`${["Not as it should be:", ...problems, ...warnings].join("\n  ")}\n`);
  return problems.length === 0 ? 0 : 1;
}

function problemOf({ run }: Watched): string[] {
  if (run.outcome === "succeeded") return [];
  return [
    `${run.id} ${run.outcome ?? `stands still in ${run.step}`}: ${run.failure?.message ?? ""}`,
  ];
}
