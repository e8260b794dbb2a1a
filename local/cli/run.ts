import { Command, CommanderError } from "commander";
import type { Work } from "./commands/action.ts";
import { EXIT, type ExitStatus } from "./exit-status.ts";
import { type Format, FORMATS } from "./output-format.ts";
import { regildProgram } from "./program.ts";
import { VersionAsked, versionAnswer } from "./version-asked.ts";

/** Parses the arguments and runs the command that they name. @returns the exit status; never throws. */
export async function run(args: string[]): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.done;
  const action = (work: Work) => {
    return async (...received: unknown[]): Promise<void> => {
      const command = received.at(-1);
      if (!(command instanceof Command)) throw new Error("commander passes the command last");
      const { workOn } = await import("./work-on.ts");
      status = await workOn(work, command);
    };
  };
  const program = await regildProgram(action, args[0] === "__complete" ? "all" : args);
  try {
    await program.parseAsync(args, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof VersionAsked) {
      process.stdout.write(versionAnswer(formatIn(args)));
      return EXIT.done;
    }
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const [{ showError }, { outputOf }] = await Promise.all([
      import("./show-error.ts"),
      import("./output.ts"),
    ]);
    return showError(error, outputOf(formatAsked(program)), process.env["REGILD_DEBUG"] === "1");
  }
}

/** A mistake in the arguments is answered in the format they ask for, as far as they were read. */
function formatAsked(program: Command): Format {
  const { output, format = output } = program.opts<{ output?: string; format?: string }>();
  return FORMATS.find((known) => known === format) ?? "table";
}

/** The format that these arguments ask for, wherever it stands in them; text unless it is JSON. */
function formatIn(args: string[]): Format {
  const options = new Command()
    .option("-o, --output <format>")
    .option("-f, --format <format>")
    .allowUnknownOption();
  options.parseOptions(args);
  const { output, format = output } = options.opts<{ output?: string; format?: string }>();
  return format === "json" || format === "jsonl" ? format : "table";
}
