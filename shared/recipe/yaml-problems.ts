import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Document,
  type ErrorCode,
  type YAMLMap,
} from "yaml";
import type { Path } from "./problem.ts";

export interface YamlProblem {
  /** From the start of the text, in UTF-16 units. */
  offset: number;
  path: Path;
  message: string;
  /** Whether it keeps the file from being read as data. */
  unreadable: boolean;
}

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: "Put a value that begins with * in quotes",
  BAD_SCALAR_START: "Put the value in quotes",
  MULTIPLE_DOCS: "Keep one document, and take the --- away",
  TAB_AS_INDENT: "Indent with blanks",
  TAG_RESOLVE_FAILED: "Take the tag away, or put the value in quotes",
};

/**
 * The first of each line: one slip makes several more behind it. No message quotes the file: what the library says after a
 * colon may be a value.
 */
export function syntaxProblems(document: Document, text: string): YamlProblem[] {
  const problems = new Map<number, YamlProblem>();
  for (const { code, pos, message } of [...document.errors, ...document.warnings]) {
    const lineStart = text.lastIndexOf("\n", pos[0] - 1) + 1;
    if (problems.has(lineStart)) continue;
    const [line = ""] = text.slice(lineStart).split("\n", 1);
    const remedy = line.includes("${{")
      ? "Put the value that holds ${{ }} in quotes"
      : (REMEDIES[code] ?? "Correct the YAML of this line or the one before");
    const what = message.replace(/; please use .*$/, "").replace(/: .*$|\.$/s, "");
    problems.set(lineStart, {
      offset: pos[0],
      path: [],
      message: `${what}. ${remedy}`,
      unreadable: true,
    });
  }
  return [...problems.values()];
}

/** What each alias stands for: the last anchor of its name before it. An alias of nothing is left out. */
export function aliasTargets(document: Document): ReadonlyMap<unknown, unknown> {
  const anchors = new Map<string, unknown>();
  const targets = new Map<unknown, unknown>();
  visit(document, {
    Value(_key, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias(_key, node) {
      if (anchors.has(node.source)) targets.set(node, anchors.get(node.source));
    },
  });
  return targets;
}

/** What plain data can not show: keys that are no text or written twice, aliases of nothing. */
export function structureProblems(
  document: Document,
  targets: ReadonlyMap<unknown, unknown>,
): YamlProblem[] {
  const problems: YamlProblem[] = [];

  function look(node: unknown, path: Path): void {
    if (isAlias(node) && !targets.has(node)) {
      const message = "is an alias without an anchor. If the * is part of it, put it in quotes";
      problems.push({ offset: node.range?.[0] ?? 0, path, message, unreadable: true });
    } else if (isMap(node)) {
      problems.push(...keyProblems(node, path));
      for (const { key, value } of node.items) {
        look(value, isScalar(key) ? [...path, String(key.value)] : path);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => look(item, [...path, index]));
    }
  }

  look(document.contents, []);
  return problems;
}

function keyProblems(map: YAMLMap, path: Path): YamlProblem[] {
  const seen = new Set<string>();
  return map.items.flatMap(({ key }): YamlProblem[] => {
    if (!isScalar(key)) {
      const message = "a key is not plain text. Write a name";
      return [{ offset: map.range?.[0] ?? 0, path, message, unreadable: true }];
    }
    const text = String(key.value);
    const problem = { offset: key.range?.[0] ?? 0, path: [...path, text], unreadable: false };
    if (typeof key.value !== "string") {
      return [{ ...problem, message: "the key is not text. Put it in quotes" }];
    }
    if (text === "__proto__") {
      return [{ ...problem, message: "is not a possible key. Take it out" }];
    }
    if (seen.has(text)) return [{ ...problem, message: "is written twice. Keep one" }];
    seen.add(text);
    return [];
  });
}
