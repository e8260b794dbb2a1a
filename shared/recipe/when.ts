import {
  ArityError,
  JMESPathTypeError,
  LexerError,
  ParseError,
  search,
  UnknownFunctionError,
} from "@aws-lambda-powertools/jmespath";
import { closest } from "./did-you-mean.ts";
import { JmespathFunctions } from "./jmespath-functions.ts";
import { wordProblem } from "./when-words.ts";

/** jmespath.org, specification, built-in functions. The package takes other spellings as well. */
const FUNCTIONS = (
  "abs avg ceil contains ends_with floor join keys length map max max_by merge min min_by not_null reverse sort " +
  "sort_by starts_with sum to_array to_number to_string type values"
).split(" ");

/** One for all: a delivery asks the expressions of many recipes. */
const customFunctions = new JmespathFunctions();

/** @returns what the expression makes of the payload, or why it makes nothing of it. */
export function evaluateWhen(
  expression: string,
  payload: object,
): { value: unknown } | { problem: string } {
  try {
    return { value: search(expression, payload, { customFunctions }) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/**
 * Continues a sentence that begins with the expression; null: it can be asked of any payload.
 * @param example of such a field.
 */
export function whenProblem(
  expression: string,
  example = `when: "branch == 'main'"`,
): string | null {
  const syntax = syntaxProblem(expression);
  if (syntax !== null)
    return `is not a JMESPath expression: ${syntax}. Write for example ${example}`;
  const unknown = functionsIn(expression).find((name) => !FUNCTIONS.includes(name));
  if (unknown === undefined) return wordProblem(expression);
  const meant = closest(unknown, FUNCTIONS);
  const remedy = meant === null ? `There are ${FUNCTIONS.join(", ")}` : `Did you mean ${meant}?`;
  return `has an unknown function, ${unknown}. ${remedy}`;
}

/** The package parses an expression only to evaluate it. What is wrong with the types alone may be right elsewhere. */
function syntaxProblem(expression: string): string | null {
  try {
    search(expression, {});
    return null;
  } catch (error) {
    if (error instanceof JMESPathTypeError || error instanceof UnknownFunctionError) return null;
    if (error instanceof LexerError) {
      return `nothing begins with ${error.lexerValue}, character ${error.lexerPosition + 1}`;
    }
    if (error instanceof ParseError) {
      if (error.tokenType === "eof") return "it ends too early";
      const at = error.lexPosition + 1;
      if (error.tokenType === "number") {
        return `a number needs backticks: \`${JSON.stringify(error.tokenValue)}\`, character ${at}`;
      }
      return (
        error.reason ?? `${JSON.stringify(error.tokenValue)}, character ${at}, has no place there`
      );
    }
    return error instanceof ArityError ? messageOf(error) : "it cannot be read";
  }
}

/** In an expression that is well formed: names before a bracket, outside of all quotes. */
function functionsIn(expression: string): string[] {
  const bare = expression.replaceAll(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"/gs, "");
  return Array.from(bare.matchAll(/([A-Za-z_]\w*)\s*\(/g), ([, name = ""]) => name);
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ in expression: .*$/s, "");
}
