import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from "yaml";
import type { Path } from "./problem.ts";
import { structureProblems, syntaxProblems } from "./yaml-problems.ts";

export interface Place {
  line: number;
  column: number;
}

export interface YamlProblem {
  /** From the start of the text, in UTF-16 units. */
  offset: number;
  path: Path;
  message: string;
}

/** A file of thousands of recipes may use one anchor in each; one that doubles at every alias is stopped. */
const MAX_ALIASES = 10_000;
const LONGEST_SHOWN = 60;

/** A YAML file as plain data, of which each part's place is known. */
export class YamlFile {
  /** Undefined where the syntax is broken. */
  readonly data: unknown;
  readonly problems: readonly YamlProblem[];
  private readonly document: Document;
  private readonly lines = new LineCounter();

  constructor(text: string) {
    // Keys written twice are found by structureProblems, which knows their path.
    const options = { version: "1.2", uniqueKeys: false, prettyErrors: false } as const;
    this.document = parseDocument(text, { ...options, lineCounter: this.lines });
    this.problems = syntaxProblems(this.document, text);
    if (this.problems.length > 0) return;
    this.problems = structureProblems(this.document);
    try {
      this.data = this.document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      const message = "uses aliases too often, or one that has no anchor. Write the values out";
      this.problems = [...this.problems, { offset: 0, path: [], message }];
    }
  }

  place(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }

  has(path: Path): boolean {
    return this.find(path) !== null;
  }

  /** Where the value begins; of something missing, the nearest key around it. */
  placeOf(path: Path): Place {
    const found = this.find(path);
    if (found === null) return this.placeOfKey(path.slice(0, -1));
    return this.place(offsetOf(found.value) ?? offsetOf(found.key) ?? 0);
  }

  placeOfKey(path: Path): Place {
    const found = this.find(path);
    if (found === null) return this.placeOfKey(path.slice(0, -1));
    return this.place(offsetOf(found.key) ?? offsetOf(found.value) ?? 0);
  }

  /** The value as a reader of the file knows it: `"five"`, `1.10`, `a list`. */
  shown(path: Path): string {
    const node = this.target(this.find(path)?.value);
    if (isMap(node)) return "a mapping";
    if (isSeq(node)) return "a list";
    if (!isScalar(node) || node.value === null) return "an empty value";
    const text = node.value;
    if (typeof text !== "string") return node.source ?? JSON.stringify(text);
    return JSON.stringify(text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text);
  }

  private find(path: Path): { key: unknown; value: unknown } | null {
    let found: { key: unknown; value: unknown } = { key: null, value: this.document.contents };
    for (const step of path) {
      const node = this.target(found.value);
      if (isMap(node)) {
        // The last one, as plain data has it.
        const pair = node.items.findLast(({ key }) => isScalar(key) && key.value === step);
        if (pair === undefined) return null;
        found = pair;
      } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
        found = { key: null, value: node.items[step] };
      } else {
        return null;
      }
    }
    return found;
  }

  private target(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node;
  }
}

function offsetOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)
    ? node.range?.[0]
    : undefined;
}
