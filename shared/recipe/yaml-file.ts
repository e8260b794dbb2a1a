import { isAlias, isMap, isScalar, isSeq, parseDocument, type YAMLMap } from "yaml";
import type { Path } from "./problem.ts";
import {
  aliasTargets,
  structureProblems,
  syntaxProblems,
  type YamlProblem,
} from "./yaml-problems.ts";

export interface Place {
  line: number;
  column: number;
}

/** A value and the key it stands under; keys and values are nodes of the `yaml` package. */
interface Entry {
  key: unknown;
  value: unknown;
}

/** A file of thousands of recipes may use one anchor in each; one that doubles at every alias is stopped. */
const MAX_ALIASES = 10_000;
const LONGEST_SHOWN = 60;

/** A YAML file as plain data, of which each part's place is known. */
export class YamlFile {
  /** Undefined where the file can not be read as data. */
  readonly data: unknown;
  readonly problems: readonly YamlProblem[];
  private readonly contents: unknown;
  /** Offsets. yaml's own LineCounter misses line ends behind some syntax errors. */
  private readonly lineStarts: readonly number[];
  private readonly targets: ReadonlyMap<unknown, unknown>;
  private readonly indices = new Map<YAMLMap, Map<unknown, Entry>>();

  constructor(text: string) {
    // Keys written twice are found by structureProblems, which knows their path.
    const options = { version: "1.2", uniqueKeys: false, prettyErrors: false } as const;
    const document = parseDocument(text, options);
    this.lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
    this.contents = document.contents;
    this.targets = aliasTargets(document);
    const syntax = syntaxProblems(document, text);
    this.problems = syntax.length > 0 ? syntax : structureProblems(document, this.targets);
    if (this.problems.some(({ unreadable }) => unreadable)) return;
    try {
      this.data = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      const message = "too many aliases. Write the values out";
      this.problems = [{ offset: 0, path: [], message, unreadable: true }];
    }
  }

  place(offset: number): Place {
    const line = this.lineStarts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (this.lineStarts[line] ?? 0) + 1 };
  }

  has(path: Path): boolean {
    return this.find(path) !== null;
  }

  /** Where the value begins; of something missing or empty, the nearest key around it. */
  placeOf(path: Path): Place {
    const found = this.find(path);
    if (found === null) return this.placeOfKey(path.slice(0, -1));
    const isEmpty = isScalar(found.value) && found.value.value === null;
    return this.place((isEmpty ? undefined : offsetOf(found.value)) ?? offsetOf(found.key) ?? 0);
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

  private find(path: Path): Entry | null {
    let found: Entry = { key: null, value: this.contents };
    for (const step of path) {
      const node = this.target(found.value);
      let next: Entry | undefined;
      if (isMap(node)) next = this.index(node).get(step);
      else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
        next = { key: null, value: node.items[step] };
      }
      if (next === undefined) return null;
      found = next;
    }
    return found;
  }

  private target(node: unknown): unknown {
    return isAlias(node) ? this.targets.get(node) : node;
  }

  /** Of keys written twice the last, as plain data has it. */
  private index(map: YAMLMap): Map<unknown, Entry> {
    let index = this.indices.get(map);
    if (index === undefined) {
      index = new Map(map.items.map((pair) => [isScalar(pair.key) ? pair.key.value : null, pair]));
      this.indices.set(map, index);
    }
    return index;
  }
}

function offsetOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)
    ? node.range?.[0]
    : undefined;
}
