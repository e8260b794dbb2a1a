import { isAlias, isMap, isScalar, isSeq, type Document, type ErrorCode, type YAMLMap } from "yaml";
import type { Path } from "./problem.ts";
import type { YamlProblem } from "./yaml-file.ts";

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: "Put a value that begins with * in quotes",
  BAD_SCALAR_START: "Put the value in quotes",
  MULTIPLE_DOCS: "Keep one document, and take the --- away",
  TAB_AS_INDENT: "Indent with blanks",
  TAG_RESOLVE_FAILED: "Take the tag away, or put the value in quotes",
};

/** The first of each line: one slip makes several more behind it. */
export function syntaxProblems(document: Document, text: string): YamlProblem[] {
  const problems = new Map<number, YamlProblem>();
  for (const { code, pos, message } of [...document.errors, ...document.warnings]) {
    const lineStart = text.lastIndexOf("\n", pos[0] - 1) + 1;
    if (problems.has(lineStart)) continue;
    const [line = ""] = text.slice(lineStart).split("\n", 1);
    const remedy = line.includes("${{")
      ? "Put the value that holds ${{ }} in quotes"
      : (REMEDIES[code] ?? "Correct the YAML of this line or the one before");
    problems.set(lineStart, {
      offset: pos[0],
      path: [],
      message: `${message.replace(/\.$/, "").replace(/; please use .*$/, "")}. ${remedy}`,
    });
  }
  return [...problems.values()];
}

/** What plain data can no longer show: keys that are no text or written twice, aliases of nothing. */
export function structureProblems(document: Document): YamlProblem[] {
  const problems: YamlProblem[] = [];

  function visit(node: unknown, path: Path): void {
    if (isAlias(node)) {
      if (node.resolve(document) === undefined) {
        const message = `*${node.source} is an alias without an anchor. If it is text, put it in quotes`;
        problems.push({ offset: node.range?.[0] ?? 0, path, message });
      }
    } else if (isMap(node)) {
      problems.push(...keyProblems(node, path));
      for (const { key, value } of node.items) {
        visit(value, isScalar(key) ? [...path, String(key.value)] : path);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => visit(item, [...path, index]));
    }
  }

  visit(document.contents, []);
  return problems;
}

function keyProblems(map: YAMLMap, path: Path): YamlProblem[] {
  const seen = new Set<string>();
  return map.items.flatMap(({ key }) => {
    if (!isScalar(key)) {
      const message = "a key is not plain text. Write a name";
      return [{ offset: map.range?.[0] ?? 0, path, message }];
    }
    const text = String(key.value);
    const problem = { offset: key.range?.[0] ?? 0, path: [...path, text] };
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
