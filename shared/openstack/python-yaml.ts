import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Pair,
  type Scalar,
  type YAMLParseError,
} from "yaml";
import { aliasTargets } from "../recipe/yaml-problems.ts";
import { resolvePlain } from "./python-scalar.ts";

/** A scalar that is no text, though some may want it as text; `written` is what stands in the file. */
export class PythonValue {
  readonly kind: "number" | "boolean" | "time";
  readonly value: string;
  readonly written: string;

  constructor(kind: PythonValue["kind"], value: string, written: string) {
    this.kind = kind;
    this.value = value;
    this.written = written;
  }
}

/** Strings, null, `PythonValue`, `Unreadable`, lists and mappings of these. */
export type PythonData = unknown;

/** In place of a value that cannot be built. It spoils what it stands in, and nothing else. */
export class Unreadable {
  readonly problem: string;
  constructor(problem: string) {
    this.problem = problem;
  }
}

/** Enough for thousands of merged entries; what doubles at every alias is stopped. */
const MAX_NODES = 200_000;

/**
 * A YAML file as PyYAML's safe loader reads it: of a key written twice the last wins, `<<` merges, anchors may be used any
 * number of times.
 * @throws Error the file is no YAML at all: where, and what kind of mistake. No piece of the file, which holds secrets.
 */
export function readPythonYaml(text: string): PythonData {
  const document = parseDocument(text, {
    version: "1.1",
    schema: "failsafe",
    merge: false,
    uniqueKeys: false,
    prettyErrors: true,
    logLevel: "silent",
  });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(placeOf(error));
  const targets = aliasTargets(document);
  let nodes = 0;
  const open = new Set<unknown>();

  const build = (node: unknown): PythonData => {
    nodes += 1;
    if (nodes > MAX_NODES) throw new Error("too many aliases. Write the values out");
    if (isAlias(node)) {
      const target = targets.get(node);
      return target === undefined
        ? new Unreadable("is an alias without an anchor. If the * is part of it, put it in quotes")
        : build(target);
    }
    if (isScalar(node)) return scalar(node);
    if (open.has(node)) return new Unreadable("contains itself by an alias");
    open.add(node);
    const built = isMap(node)
      ? mapping(node.items)
      : isSeq(node)
        ? node.items.map((item) => build(item))
        : null;
    open.delete(node);
    return built;
  };

  /** What is merged stands below the mapping's own keys; of several the first wins. */
  const mapping = (items: Pair[]): PythonData => {
    const own: Array<[string, PythonData]> = [];
    let merged: Record<string, PythonData> = {};
    for (const { key, value } of items) {
      if (!isScalar(key)) return new Unreadable("has a key that is no text");
      const name = key.type === "PLAIN" ? (key.source ?? "") : textOf(key);
      if (name !== "<<" || key.type !== "PLAIN") {
        own.push([name, build(value)]);
        continue;
      }
      const built = build(value);
      const below: unknown[] = Array.isArray(built) ? built : [built];
      for (const each of below) {
        if (!isPlainMapping(each)) return new Unreadable("merges (<<) no mapping");
        merged = { ...each, ...merged };
      }
    }
    return { ...merged, ...Object.fromEntries(own) };
  };
  return build(document.contents);
}

export function isPlainMapping(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof PythonValue) &&
    !(value instanceof Unreadable)
  );
}

function scalar(node: Scalar): PythonData {
  const text = textOf(node);
  const written = node.source ?? text;
  const isText = node.tag === "tag:yaml.org,2002:str";
  if (node.tag !== undefined && !isText) {
    return new Unreadable("has a tag, which is not read. If the ! is part of it, put it in quotes");
  }
  if (node.type !== "PLAIN" || isText) return text;
  const resolved = resolvePlain(written);
  switch (resolved.kind) {
    case "text":
      return resolved.text;
    case "null":
      return null;
    case "number":
      return new PythonValue("number", resolved.text, written);
    case "boolean":
      return new PythonValue("boolean", resolved.value ? "true" : "false", written);
    case "time":
      return new PythonValue("time", written, written);
  }
}

/** yaml's own message may quote the file. */
function placeOf({ code, linePos }: YAMLParseError): string {
  const [start] = linePos ?? [];
  const place = start === undefined ? "" : `line ${start.line}, column ${start.col}: `;
  return place + code.toLowerCase().replaceAll("_", " ");
}

/** In the failsafe schema every scalar is text. */
function textOf({ value }: Scalar): string {
  return typeof value === "string" ? value : "";
}
