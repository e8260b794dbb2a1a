import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

/** A measured number beside the number that it is to be. */
export interface Figure {
  what: string;
  measured: number;
  unit: string;
  /** `≤ 18`, `≥ 8`. Null: nobody has set one. */
  target: { is: "at most" | "at least"; value: number } | null;
  /** Of repeated measurements, `17 to 19`. Null: one alone. */
  spread: string | null;
}

export interface Section {
  /** Names the section: the next run of the bench replaces it. */
  name: string;
  heading: string;
  /** What was done, in sentences. */
  text: string;
  figures: Figure[];
  /** Rows of text. The first one names the columns. */
  table?: string[][];
  /** Versions of what was measured beside Regild. */
  versions?: Record<string, string>;
}

const FILE = new URL("REPORT.md", import.meta.url);
const BEGIN = `# What the benches measured

Each section is written by its bench, and replaced when the bench runs again. Figures of different machines or days do not compare: only those within one section do.
`;

/** Puts the section into bench/REPORT.md, in place of the one that this bench wrote before. */
export function writeSection(section: Section): void {
  const before = existsSync(FILE) ? readFileSync(FILE, "utf8") : BEGIN;
  writeFileSync(FILE, withSection(before, section.name, textOf(section, surroundings())));
}

export function withSection(report: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const whole = `${begin}\n${text.trim()}\n${end}\n`;
  const [at, to] = [report.indexOf(`${begin}\n`), report.indexOf(`${end}\n`)];
  if (at < 0 || to < 0) return `${report.trimEnd()}\n\n${whole}`;
  return report.slice(0, at) + whole + report.slice(to + end.length + 1);
}

/** Machine, versions and date of a measurement. */
function surroundings(): string {
  const [cpu] = cpus();
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const commit = `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`;
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus().length} × ${cpu?.model.trim() ?? "an unknown CPU"}, Node ${process.version}, Regild ${commit}`;
}

export function textOf(
  { heading, text, figures, table, versions = {} }: Section,
  where: string,
): string {
  const others = Object.entries(versions).map(([what, version]) => `${what} ${version}`);
  const rows = figures.map(({ what, measured, unit, target, spread }) => [
    what,
    `${shown(measured)} ${unit}`.trim(),
    spread ?? "",
    target === null ? "" : `${target.is} ${shown(target.value)}`,
    verdict({ measured, target }),
  ]);
  return [
    `## ${heading}`,
    [where, ...others].join(", "),
    text,
    ...(rows.length === 0 ? [] : [markdown([["", "measured", "spread", "target", ""], ...rows])]),
    ...(table === undefined ? [] : [markdown(table)]),
  ].join("\n\n");
}

function verdict({ measured, target }: Pick<Figure, "measured" | "target">): string {
  if (target === null) return "";
  const isMet = target.is === "at most" ? measured <= target.value : measured >= target.value;
  return isMet ? "met" : "missed";
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function markdown([names = [], ...rows]: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(names), line(names.map(() => "---")), ...rows.map(line)].join("\n");
}
