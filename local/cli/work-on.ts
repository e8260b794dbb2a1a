import { homedir, userInfo } from "node:os";
import type { Command } from "commander";
import { en } from "zod/locales";
import * as z from "zod/mini";
import type { App } from "./app.ts";
import { cloudDefault } from "./cloud-default.ts";
import { usageError } from "./command-error.ts";
import type { Work } from "./commands/action.ts";
import { sqliteError } from "./data-file.ts";
import type { ExitStatus } from "./exit-status.ts";
import { outputOf } from "./output.ts";
import { type Format, FORMATS } from "./output-format.ts";
import { type FileKind, findPlaces } from "./places.ts";
import { remoteOf } from "./remote/chosen.ts";
import { storageOf } from "./storage.ts";

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

/** Runs a command. @throws CommandError also for errors of SQLite. */
export async function workOn(work: Work, command: Command): Promise<ExitStatus> {
  const app = appOf(command);
  try {
    return await work(app, { args: command.args, options: command.opts() });
  } catch (error) {
    throw sqliteError(app.storage.name, error) ?? error;
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

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "somebody";
  }
}
