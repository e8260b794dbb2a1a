import { operandsIn, type Word } from "./when-operands.ts";

const KEYWORDS = ["true", "false", "null"];
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/**
 * Finds the usual mistake of a first expression. JMESPath reads a bare word and a double-quoted one as the name of a
 * field, so `conclusion != "failure"` compares two fields, and is true of almost every payload.
 * Source: jmespath.org, specification, identifiers and raw string literals.
 * @returns continues a sentence that begins with the expression; null: no such mistake.
 */
export function wordProblem(expression: string): string | null {
  for (const { verb, operands } of operandsIn(expression)) {
    const words = operands.flatMap((operand) => operand.words);
    const isExplicit = operands.some((operand) => operand.isExplicit);
    const suspect =
      words.find(({ text }) => KEYWORDS.includes(text)) ??
      (isExplicit ? undefined : likeliest(words));
    if (suspect !== undefined) return problemOf(suspect, verb);
  }
  return null;
}

/** Quotes look most like a text; of two bare words, people write the text last. */
function likeliest(words: readonly Word[]): Word | undefined {
  return words.findLast(({ isQuoted }) => isQuoted) ?? words.at(-1);
}

function problemOf({ text, written }: Word, verb: string): string {
  const problem = `${verb} ${written}, which JMESPath reads as the name of a field`;
  if (KEYWORDS.includes(text)) return `${problem}. Write \`${text}\`, in backticks`;
  const literal = `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const number = NUMBER.test(text) ? ` or \`${text}\` for the number` : "";
  return `${problem}. Write ${literal} for the text${number}, or @.${written} for the field`;
}
