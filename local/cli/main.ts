import { homedir, userInfo } from "node:os";
import { Command } from "commander";
import { en } from "zod/locales";
import * as z from "zod/mini";
import type { App } from "./app.ts";
import type { Work } from "./commands/action.ts";
import { usageError } from "./command-error.ts";
import { sqliteError } from "./data-file.ts";
import { EXIT } from "./exit-status.ts";
import { remoteOf } from "./remote/chosen.ts";
import { storageOf } from "./storage.ts";
import { type Format, FORMATS, Output } from "./output.ts";
import { cloudDefault } from "./cloud-default.ts";
import { type FileKind, findPlaces } from "./places.ts";
import { regildProgram } from "./program.ts";
import { showError } from "./show-error.ts";
import { formatIn, tellVersion, VersionAsked } from "./version-asked.ts";

z.config(en());

const globalsSchema = z.object({
  data: z.optional(z.string()),
  url: z.optional(z.string()),
  osCloud: z.optional(z.string()),
  recipes: z.optional(z.string()),
  config: z.optional(z.string()),
  output: z.enum(FORMATS),
  format: z.optional(z.enum(FORMATS)),
  column: z._default(z.array(z.string()), []),
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
    if (error instanceof VersionAsked) return tellVersion(outputOf(formatIn(args)));
    return showError(error, outputOf(formatAsked(program)), process.env["REGILD_DEBUG"] === "1");
  }
}

function appOf(command: Command): App {
  const {
    output,
    format = output,
    color,
    column,
    osCloud,
    url,
    ...files
  } = globalsSchema.parse(command.optsWithGlobals());
  refuseWithoutColumns(command, format);
  const env = osCloud === undefined ? process.env : { ...process.env, OS_CLOUD: osCloud };
  const surroundings = { env, cwd: process.cwd(), home: homedir() };
  const places = findPlaces({ ...surroundings, given: givenFiles(command, files) });
  const remote = remoteOf(command, url, process.env);
  const storage = storageOf(command, places.data.path, process.env);
  return {
    output: outputOf(format, color, column),
    storage,
    remote,
    places,
    recipesFile: places.recipes.path,
    configFile: places.config.path,
    cloudDefault: cloudDefault(storage, surroundings),
    ...surroundings,
    userName: userName(),
    now: () => Date.now(),
  };
}

/** An empty variable names nothing. */
function givenFiles(command: Command, files: Partial<Record<FileKind, string | undefined>>) {
  const given: Parameters<typeof findPlaces>[0]["given"] = {};
  for (const kind of ["recipes", "config", "data"] as const) {
    const path = files[kind];
    const isOption = command.getOptionValueSourceWithGlobals(kind) === "cli";
    if (path === undefined || (path === "" && !isOption)) continue;
    given[kind] = { path, from: isOption ? "option" : "variable" };
  }
  return given;
}

/** Before the command does anything. */
function refuseWithoutColumns(command: Command, format: Format): void {
  if (format !== "value" && format !== "csv") return;
  if (command.options.some(({ long }) => long === "--column")) return;
  throw usageError(
    `regild ${command.name()} has no columns, so no -o ${format}`,
    "Write -o json, or -o jsonl",
  );
}

function outputOf(format: Format, wantsColor = false, columns: string[] = []): Output {
  const color = wantsColor && !process.env["NO_COLOR"];
  return new Output({
    format,
    out: process.stdout,
    err: process.stderr,
    wantsColor: color,
    columns,
  });
}

/** A mistake in the arguments is answered in the format they ask for, as far as they were read. */
function formatAsked(program: Command): Format {
  const parsed = globalsSchema.safeParse(program.opts());
  return parsed.success ? (parsed.data.format ?? parsed.data.output) : "table";
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
