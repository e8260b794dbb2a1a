export type Path = readonly (string | number)[];

/** Something to correct in a recipe file, with its remedy. Lines and columns count from 1. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  /** `web.image.name`; empty where the file itself is meant. */
  path: string;
  message: string;
}

export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

export function byPosition(a: Problem, b: Problem): number {
  return a.line - b.line || a.column - b.column;
}

/** One line each, `recipes.yml:9:12   web.keep: …`, the texts below one another. */
export function formatProblems(problems: readonly Problem[]): string[] {
  const places = problems.map(({ file, line, column }) => `${file}:${line}:${column}`);
  const width = Math.max(0, ...places.map((place) => place.length));
  return problems.map(({ path, message }, index) => {
    const place = (places[index] ?? "").padEnd(width);
    return path === "" ? `${place}  ${message}` : `${place}  ${path}: ${message}`;
  });
}
