import { type Token, tokensOf } from "./when-tokens.ts";

export interface Word {
  /** Without its quotes. */
  text: string;
  written: string;
  isQuoted: boolean;
}

/** One side of a comparison, or one argument of a function. */
export interface Operand {
  /** A literal, or a field written as `@.name`. */
  isExplicit: boolean;
  /** Empty unless the operand is a lone field, or several joined by `||`, `&&` or in a list. */
  words: Word[];
}

/** The operands of one comparison or function. */
export interface Operands {
  /** Begins a message that goes on with an operand. */
  verb: string;
  operands: Operand[];
}

/** Functions that compare texts, and the argument that usually is a literal. */
const TEXT_ARGUMENT: Record<string, number> = {
  contains: 1,
  starts_with: 1,
  ends_with: 1,
  join: 0,
};

const OPENING = ["(", "[", "[?", "{"];
const CLOSING = [")", "]", "}"];

/** Every comparison and every function on texts, at any depth. @param expression a well-formed one. */
export function operandsIn(expression: string): Operands[] {
  const tokens = tokensOf(expression);
  return tokens.flatMap((token, index) => {
    if (token.kind === "comparator") return [comparison(tokens, index)];
    const isCall = token.kind === "word" && tokens[index + 1]?.written === "(";
    return isCall ? call(token.written, argumentsAfter(tokens, index + 1)) : [];
  });
}

function comparison(tokens: readonly Token[], at: number): Operands {
  const left = untilBoundary(tokens.slice(0, at).toReversed(), CLOSING, OPENING).toReversed();
  const right = untilBoundary(tokens.slice(at + 1), OPENING, CLOSING);
  return { verb: "compares with", operands: [operandOf(left), operandOf(right)] };
}

function call(name: string, given: readonly Token[][]): Operands[] {
  const position = TEXT_ARGUMENT[name];
  if (position === undefined) return [];
  const [list = []] = given;
  // In contains(["a", "b"], branch) the literals are in the list.
  const suspects =
    name === "contains" && list[0]?.written === "[" ? [list] : [given[position] ?? []];
  return [{ verb: `gives ${name}()`, operands: suspects.map(operandOf) }];
}

/** Tokens up to one that binds less tightly than a comparison, outside of brackets. */
function untilBoundary(
  tokens: readonly Token[],
  opening: readonly string[],
  closing: readonly string[],
): Token[] {
  let depth = 0;
  const end = tokens.findIndex(({ kind, written }) => {
    if (kind !== "other" && kind !== "comparator") return false;
    if (opening.includes(written)) depth += 1;
    if (closing.includes(written)) depth -= 1;
    return depth < 0 || (depth === 0 && isBoundary(kind, written));
  });
  return end === -1 ? [...tokens] : tokens.slice(0, end);
}

function isBoundary(kind: Token["kind"], written: string): boolean {
  return kind === "comparator" || ["&&", "||", "|", ",", ":", "&"].includes(written);
}

function argumentsAfter(tokens: readonly Token[], opening: number): Token[][] {
  return split(untilBoundaryOfGroup(tokens.slice(opening + 1)), [","]);
}

function untilBoundaryOfGroup(tokens: readonly Token[]): Token[] {
  let depth = 0;
  const end = tokens.findIndex(({ kind, written }) => {
    if (kind !== "other") return false;
    if (OPENING.includes(written)) depth += 1;
    if (CLOSING.includes(written)) depth -= 1;
    return depth < 0;
  });
  return end === -1 ? [...tokens] : tokens.slice(0, end);
}

/** Splits at separators outside of brackets. */
function split(tokens: readonly Token[], separators: readonly string[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === "other" && OPENING.includes(token.written)) depth += 1;
    if (token.kind === "other" && CLOSING.includes(token.written)) depth -= 1;
    if (depth === 0 && separators.includes(token.written)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function operandOf(tokens: readonly Token[]): Operand {
  const [first, ...rest] = tokens;
  if (first === undefined) return { isExplicit: false, words: [] };
  if (first.written === "!") return operandOf(rest);
  if (rest.length === 0) return single(first);
  if (first.written === "@" && rest.length === 2) return { isExplicit: true, words: [] };
  if (!isOneGroup(tokens)) return { isExplicit: false, words: [] };
  const separators = first.written === "(" ? ["||", "&&"] : [","];
  const parts = split(tokens.slice(1, -1), separators).map(operandOf);
  return {
    isExplicit: parts.some(({ isExplicit }) => isExplicit),
    words: parts.flatMap(({ words }) => words),
  };
}

function single({ kind, written }: Token): Operand {
  if (kind === "raw" || kind === "literal") return { isExplicit: true, words: [] };
  if (kind !== "word" && kind !== "quoted") return { isExplicit: false, words: [] };
  const text = kind === "word" ? written : String(JSON.parse(written));
  return { isExplicit: false, words: [{ text, written, isQuoted: kind === "quoted" }] };
}

/** Whether one pair of round or square brackets encloses all of them. */
function isOneGroup(tokens: readonly Token[]): boolean {
  const [first, ...rest] = tokens;
  return (
    (first?.written === "(" || first?.written === "[") &&
    untilBoundaryOfGroup(rest).length === rest.length - 1
  );
}
