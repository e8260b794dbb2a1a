import type { Command } from "commander";
import { usageError } from "./command-error.ts";

/** Commands of later versions, and what does the same until then. */
const NOT_YET = {
  adopt: "Regild manages the images that it made: regild refresh RECIPE makes the first",
};

/** Each refuses whatever follows it; none is in the help. */
export function addNotYet(program: Command): void {
  for (const [name, remedy] of Object.entries(NOT_YET)) {
    program
      .command(name, { hidden: true })
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw usageError(`regild ${name} is not supported yet`, remedy);
      });
  }
}
