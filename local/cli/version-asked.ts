import { Command } from "commander";
import type * as z from "zod/mini";
import { SCHEMA } from "../view/document.ts";
import type { versionDocument } from "../view/version.ts";
import { regildVersion } from "../version.ts";
import { EXIT, type ExitStatus } from "./exit-status.ts";
import type { Format, Output } from "./output.ts";

/** `--version` was among the options: it goes before every command. */
export class VersionAsked extends Error {}

export function tellVersion(output: Output): ExitStatus {
  const version = regildVersion();
  const document: z.infer<typeof versionDocument> = {
    schema: SCHEMA,
    version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
  output.answer({ document, text: () => [version] });
  return EXIT.done;
}

/** The format that these arguments ask for, wherever it stands in them; text unless it is JSON. */
export function formatIn(args: string[]): Format {
  const options = new Command()
    .option("-o, --output <format>")
    .option("-f, --format <format>")
    .allowUnknownOption();
  options.parseOptions(args);
  const { output, format = output } = options.opts<{ output?: string; format?: string }>();
  return format === "json" || format === "jsonl" ? format : "table";
}
