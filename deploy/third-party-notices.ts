import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import * as z from "zod/mini";

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  author: z.optional(z.union([z.string(), z.object({ name: z.string() })])),
});
type Package = z.infer<typeof packageSchema>;

const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const LICENSE_FILE = /^(?:licen[cs]e|copying|notice)/i;

/**
 * Name, version and licence text of every package in the bundle.
 * @throws Error for a package whose licence text is not known: such a bundle may not be passed on.
 */
export function thirdPartyNotices({ inputs }: Pick<Metafile, "inputs">): string {
  const folders = Object.keys(inputs).flatMap((file) => PACKAGE_FOLDER.exec(file)?.[0] ?? []);
  const notices = [...new Set(folders)].toSorted().map(noticeOf);
  return `regild.cjs contains these packages.\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`;
}

function noticeOf(folder: string): string {
  const is = packageSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  const own = readdirSync(folder)
    .filter((file) => LICENSE_FILE.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  const text = own.length > 0 ? own.join("\n\n") : standardText(is);
  return `${is.name} ${is.version} (${is.license})\n\n${text}\n`;
}

/** For a package that names its licence but ships no file with the text. */
function standardText({ name, version, license, author }: Package): string {
  const file = new URL(`licence-texts/${license}.txt`, import.meta.url);
  if (!/^[\w.-]+$/.test(license) || !existsSync(file)) {
    throw new Error(`${name} ${version}: no licence file, and no text of ${license} is known`);
  }
  const holder = typeof author === "object" ? author.name : (author ?? `the authors of ${name}`);
  return `Copyright (c) ${holder}\n\n${readFileSync(file, "utf8").trim()}`;
}
