import { parseArgs } from "node:util";
import type { PlantedBug } from "./bug.ts";
import { PLANTED_BUGS } from "./bugs/index.ts";
import { type Hunt, hunt } from "./hunt.ts";

const USAGE = `npm run simulate:bugs -- [NAME ...] [--from 0] [--within N]

Plants each bug into the program, and runs seeds of the simulation until a rule is broken.
Exit status 1 when one is not caught within its number of seeds, or the program without a bug breaks a rule.

  --list    names the bugs and says what is wrong in each; runs nothing
  --from    the first seed
  --within  so many seeds for each, in place of its own number`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: "string", default: "0" },
    within: { type: "string" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** As many hunts at a time as the smallest of today's machines has cores. */
const AT_ONCE = 2;

const unknown = positionals.filter((name) => !PLANTED_BUGS.some((bug) => bug.name === name));
const chosen = PLANTED_BUGS.filter(
  ({ name }) => positionals.length === 0 || positionals.includes(name),
);
if (values.help) console.log(USAGE);
else if (unknown.length > 0) {
  console.error(`No planted bug is named ${unknown.join(", ")}. --list names them all.`);
  process.exitCode = 2;
} else if (values.list)
  for (const bug of chosen) console.log(`${bug.name.padEnd(28)}${bug.breaks}`);
else await huntAll();

async function huntAll(): Promise<void> {
  const hunted = chosen.map((bug) =>
    values.within === undefined ? bug : { ...bug, withinSeeds: Number(values.within) },
  );
  console.log(row("bug", "seeds", "of", "seconds", "caught by"));
  const queue = [...controls(hunted), ...hunted];
  const missed: string[] = [];
  const huntNext = async (): Promise<void> => {
    for (let bug = queue.shift(); bug !== undefined; bug = queue.shift()) {
      if (!(await report(bug))) missed.push(bug.name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, huntNext));
  console.log(
    `${hunted.length} bugs planted, ${missed.length} not as they should be ${missed.join(", ")}`,
  );
  process.exitCode = missed.length === 0 ? 0 : 1;
}

/** The program as it is, over as many seeds as the longest hunt of each kind: it must break nothing. */
function controls(bugs: PlantedBug[]): PlantedBug[] {
  const within = bugs.filter((bug) => bug.beyondBounds !== true);
  const beyond = bugs.filter((bug) => bug.beyondBounds === true);
  const longest = (alike: PlantedBug[]) => Math.max(0, ...alike.map((bug) => bug.withinSeeds));
  const none = { breaks: "", edits: [] };
  return [
    { ...none, name: "(no bug)", withinSeeds: longest(within) },
    { ...none, name: "(no bug, beyond bounds)", withinSeeds: longest(beyond), beyondBounds: true },
  ];
}

/** @returns whether it went as it should. */
async function report(bug: PlantedBug): Promise<boolean> {
  const startedMs = performance.now();
  let caught: Hunt;
  try {
    caught = await hunt({ bug, firstSeed: Number(values.from) });
  } catch (error) {
    console.log(row(bug.name, "", "", "", error instanceof Error ? error.message : String(error)));
    return false;
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const rule = caught.broken === null ? "-" : `${caught.broken.rule}: ${caught.broken.what}`;
  console.log(row(bug.name, String(caught.seeds), String(bug.withinSeeds), seconds, rule));
  const isPlanted = bug.edits.length > 0;
  return isPlanted === (caught.broken !== null);
}

function row(name: string, seeds: string, of: string, seconds: string, rule: string): string {
  return `${name.padEnd(30)}${seeds.padStart(6)}${of.padStart(6)}${seconds.padStart(9)}  ${rule}`;
}
