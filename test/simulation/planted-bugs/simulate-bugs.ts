import { script, wholeNumberFrom } from "../../script.ts";
import { PLANTED_BUGS } from "./bugs/index.ts";
import { type Hunt, hunt, type Quarry } from "./hunt.ts";

const command = script("simulate:bugs")
  .description(
    `Plants each bug into the program, and runs seeds of the simulation until a rule that speaks of it is broken. Ends with 1
if one is not caught within its number of seeds, no longer fits the code, or the program without a bug breaks a rule.`,
  )
  .argument("[names...]", "these bugs only")
  .option("--from <n>", "the first seed", wholeNumberFrom(0), 0)
  .option("--within <n>", "so many seeds for each, in place of its own number", wholeNumberFrom(1))
  .option("--jobs <n>", "bugs at a time", wholeNumberFrom(1), 2)
  .option("--no-controls", "hunt the bugs only, and do not run the program as it is")
  .option(
    "--list",
    "name the bugs, say what is wrong and which rules may catch it; run nothing",
    false,
  )
  .parse();
const values = command.opts<{
  from: number;
  within?: number;
  jobs: number;
  controls: boolean;
  list: boolean;
}>();

/** One line of the table. */
interface Row extends Omit<Quarry, "firstSeed"> {
  name: string;
}

const names = command.args;
const unknown = names.filter((name) => !PLANTED_BUGS.some((bug) => bug.name === name));
const chosen = PLANTED_BUGS.filter(({ name }) => names.length === 0 || names.includes(name));
if (unknown.length > 0) {
  console.error(`No planted bug is named ${unknown.join(", ")}. --list names them all.`);
  process.exitCode = 2;
} else if (values.list) list();
else await huntAll();

function list(): void {
  for (const { name, breaks, rules } of chosen)
    console.log(`${name.padEnd(28)}${breaks}\n${" ".repeat(28)}→ ${rules.join("; ")}`);
}

async function huntAll(): Promise<void> {
  const bugs = chosen.map((bug): Row => ({
    ...bug,
    seeds: values.within ?? bug.withinSeeds,
  }));
  console.log(line("bug", "seeds", "of", "seconds", "caught by"));
  const queue = [...(values.controls ? controls(bugs) : []), ...bugs];
  const wrong: string[] = [];
  const huntNext = async (): Promise<void> => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
      if (!(await isAsItShouldBe(row))) wrong.push(row.name);
    }
  };
  await Promise.all(Array.from({ length: values.jobs }, huntNext));
  console.log(
    wrong.length === 0
      ? `${bugs.length} bugs planted, each of them caught${values.controls ? ", and nothing found where there is none" : ""}`
      : `Not as it should be: ${wrong.join(", ")}`,
  );
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

/**
 * The program as it is, over as many seeds as the longest hunt beyond the bounds: it must break nothing. Within them,
 * `npm test` runs more seeds than any hunt.
 */
function controls(bugs: Row[]): Row[] {
  const beyond = bugs.filter((bug) => bug.beyondBounds === true);
  if (beyond.length === 0) return [];
  const seeds = Math.max(...beyond.map((bug) => bug.seeds));
  const name = "(no bug, beyond the bounds)";
  return [{ name, edits: [], rules: null, seeds, beyondBounds: true }];
}

/** Runs it and prints its line. */
async function isAsItShouldBe({ name, ...row }: Row): Promise<boolean> {
  const startedMs = performance.now();
  let caught: Hunt;
  try {
    caught = await hunt({ ...row, firstSeed: values.from });
  } catch (error) {
    console.log(line(name, "", "", "", error instanceof Error ? error.message : String(error)));
    return false;
  }
  const { seeds, broken, others } = caught;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const rule =
    broken === null ? ["-", ...others.map((other) => `(${other})`)].join(" ") : broken.rule;
  console.log(line(name, String(seeds), String(row.seeds), seconds, rule));
  const isBug = row.edits.length > 0;
  if (broken !== null && !isBug) console.log(`seed ${broken.seed}: ${broken.what}`);
  return isBug === (broken !== null);
}

function line(name: string, seeds: string, of: string, seconds: string, rule: string): string {
  return `${name.padEnd(30)}${seeds.padStart(6)}${of.padStart(6)}${seconds.padStart(9)}  ${rule}`;
}
