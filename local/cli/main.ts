import { homedir, userInfo } from "node:os";
import { Command } from "commander";
import { en } from "zod/locales";
import * as z from "zod/mini";
import type { App } from "./app.ts";
import type { Work } from "./commands/action.ts";
import { sqliteError } from "./data-file.ts";
import { EXIT } from "./exit-status.ts";
import { storageOf } from "./storage.ts";
import { type Format, FORMATS, Output } from "./output.ts";
import { regildProgram } from "./program.ts";
import { tellError } from "./tell-error.ts";

z.config(en());

const globalsSchema = z.object({
  data: z.string(),
  recipes: z.string(),
  config: z.string(),
  output: z.enum(FORMATS),
  color: z.boolean(),
});

/** @param args without the program's own name. @returns the exit status; never throws. */
export async function main(args: string[]): Promise<number> {
  endQuietlyWithoutReader();
  let status: number = EXIT.done;
  const action = (work: Work) => {
    return async (...received: unknown[]): Promise<void> => {
      const command = received.at(-1);
      if (!(command instanceof Command)) throw new Error("commander passes the command last");
      const app = appOf(command);
      try {
        status = await work(app, { args: command.args, options: command.opts() });
      } catch (error) {
        throw sqliteError(app.storage.name, error) ?? error;
      }
    };
  };
  const program = regildProgram(action);
  try {
    await program.parseAsync(args, { from: "user" });
    return status;
  } catch (error) {
    return tellError(error, outputOf(formatAsked(program)), process.env["REGILD_DEBUG"] === "1");
  }
}

function appOf(command: Command): App {
  const { data, recipes, config, output, color } = globalsSchema.parse(command.optsWithGlobals());
  return {
    output: outputOf(output, color),
    storage: storageOf(command, data, process.env),
    recipesFile: recipes,
    configFile: config,
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    userName: userName(),
    now: () => Date.now(),
  };
}

function outputOf(format: Format, wantsColor = false): Output {
  const color = wantsColor && !process.env["NO_COLOR"];
  return new Output({ format, out: process.stdout, err: process.stderr, wantsColor: color });
}

/** A mistake in the arguments is answered in the format they ask for, as far as they were read. */
function formatAsked(program: Command): Format {
  const parsed = globalsSchema.safeParse(program.opts());
  return parsed.success ? parsed.data.output : "table";
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "somebody";
  }
}

/** `regild runs | head -1` closes the pipe early. */
function endQuietlyWithoutReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(EXIT.done);
  });
}
