import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import type * as z from "zod/mini";
import { loadClouds } from "../../clouds-files.ts";
import type { configDocument } from "../../view/config.ts";
import { SCHEMA } from "../../view/document.ts";
import type { App } from "../app.ts";
import { EXIT } from "../exit-status.ts";
import { type FileKind, FILES, placesOf } from "../places.ts";
import { table } from "../text/table.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

type File = z.infer<typeof configDocument>["files"][number];

export function addConfig(program: Command, action: Action): void {
  program
    .command("config")
    .summary("which files are used, and who says so")
    .description(
      prose(`Shows the recipes, the senders, the data file and clouds.yaml that every command uses here: the path, whether
the file exists, and whether an option, a variable or the search decides. Shows no content and no secret.`),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild config
  regild config --data /srv/regild.sqlite
  regild config -o json | jq -r '.files[] | select(.file == "data").path'`,
    )
    .action(
      action(async (app) => {
        const stack = app.storage.kind === "aws" ? app.storage.name : null;
        const files = (["recipes", "config", "data"] as const).map((kind) => file(app, kind));
        const document: z.infer<typeof configDocument> = {
          schema: SCHEMA,
          stack,
          files: [...files, cloudsFile(app)],
        };
        app.output.answer({
          document,
          lines: document.files.map((each) => ({ file: each })),
          text: () => [
            ...table(["FILE", "PATH", "STATE", "FROM"], document.files.map(row)),
            ...(stack === null
              ? []
              : ["", `Runs are read and started on AWS: REGILD_TABLE ${stack}`]),
          ],
        });
        return EXIT.done;
      }),
    );
}

function file({ places, env, home, cwd }: App, kind: FileKind): File {
  const { path, isThere, from } = places[kind];
  const { option, variable } = FILES[kind];
  const searched = placesOf(kind, { env, home }).map((place) => resolve(cwd, place.path));
  return {
    file: kind,
    path: resolve(cwd, path),
    exists: isThere,
    from,
    option,
    variable,
    searched,
  };
}

function cloudsFile({ env, home, cwd }: App): File {
  const { source, searched } = loadClouds({ env, home, cwd });
  const variable = "OS_CLIENT_CONFIG_FILE";
  const path = source ?? join(cwd, "clouds.yaml");
  return {
    file: "clouds",
    path,
    exists: source !== null,
    from: path === env[variable] ? "variable" : levelOf(path, { cwd, home }),
    option: null,
    variable,
    searched,
  };
}

function levelOf(path: string, { cwd, home }: { cwd: string; home: string }): File["from"] {
  if (dirname(path) === cwd) return "folder";
  return path.startsWith(`${home}/`) ? "user" : "system";
}

function row({ file: kind, path, exists, from, option, variable }: File): string[] {
  const said: Record<File["from"], string> = {
    option: option ?? "",
    variable,
    folder: "this folder",
    user: "the user's folder",
    system: "the system's folder",
  };
  return [kind, path, exists ? "found" : "not there", said[from]];
}
