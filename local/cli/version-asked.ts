import type * as z from "zod/mini";
import { SCHEMA } from "../view/schema-name.ts";
import type { versionDocument } from "../view/version.ts";
import { regildVersion } from "../version.ts";
import type { Format } from "./output-format.ts";

/** `--version` was among the options: it goes before every command. */
export class VersionAsked extends Error {}

/** The text or document that answers `--version`. Made without the modules that lists need, since scripts ask often. */
export function versionAnswer(format: Format): string {
  const version = regildVersion();
  if (format !== "json" && format !== "jsonl") return `${version}\n`;
  const document: z.infer<typeof versionDocument> = {
    schema: SCHEMA,
    version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
  return `${JSON.stringify(document, null, format === "json" ? 2 : 0)}\n`;
}
