import { isDeepStrictEqual } from "node:util";
import { JMESPathTypeError } from "@aws-lambda-powertools/jmespath";
import { Functions } from "@aws-lambda-powertools/jmespath/functions";

type Json = Parameters<Functions["funcToNumber"]>[0];
type Expression = Parameters<Functions["funcMap"]>[0];

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** What our own functions take, in the package's words. */
const ARGUMENTS = {
  funcContains: [["array", "string"], ["any"]],
  funcMap: [["any"], ["array"]],
  funcNotNull: [["any"]],
  funcReverse: [["string", "array"]],
  funcSort: [["array-number", "array-string"]],
  funcToNumber: [["any"]],
};
const TAKES_MORE = "funcNotNull";

/**
 * The functions of JMESPath. Those in which Powertools 2.35 departs from the specification are our own:
 *
 * | | Powertools | specification |
 * | --- | --- | --- |
 * | `reverse`, `sort` | reorder the payload's own list: the next expression finds another order | make a new list |
 * | `sort` of texts | in the order of the process's language | by code points |
 * | `sort` of texts and numbers | in some order | an error |
 * | `map` | makes `null` of `false`, `0` and `''` | keeps them |
 * | `not_null` | `null` if the first that is not null is `false`, `0` or `''` | that one |
 * | `to_number('')` | 0; takes `0x10` and blanks as well | `null` |
 * | `contains` of a list in a list | never | compares what they hold |
 *
 * Source: jmespath.org, specification, built-in functions.
 */
export class JmespathFunctions extends Functions {
  static {
    // Where the package writes a decorator, which Node does not run.
    for (const [name, argumentsSpecs] of Object.entries(ARGUMENTS)) {
      const descriptor = Object.getOwnPropertyDescriptor(this.prototype, name) ?? {};
      const variadic = name === TAKES_MORE;
      Functions.signature({ argumentsSpecs, variadic })(this.prototype, name, descriptor);
      Object.defineProperty(this.prototype, name, descriptor);
    }
  }

  override funcContains(within: string | Json[], searched: Json): boolean {
    if (typeof within !== "string") return within.some((each) => isDeepStrictEqual(each, searched));
    return typeof searched === "string" && within.includes(searched);
  }

  override funcMap(expression: Expression, list: Json[]): unknown[] {
    return list.map((each) => expression.visit(each) ?? null);
  }

  override funcNotNull(...values: Json[]): Json {
    return values.find((each) => each !== null && each !== undefined) ?? null;
  }

  override funcReverse(of: string | unknown[]): string | unknown[] {
    return typeof of === "string" ? Array.from(of).toReversed().join("") : of.toReversed();
  }

  override funcSort(list: unknown[]): unknown[] {
    if (list.every((each) => typeof each === "number")) return list.toSorted((a, b) => a - b);
    if (list.every((each) => typeof each === "string")) return list.toSorted();
    throw new JMESPathTypeError({
      currentValue: list,
      expectedTypes: ["array-number", "array-string"],
      actualType: "array",
    });
  }

  override funcToNumber(value: Json): number | null {
    if (typeof value === "string") return JSON_NUMBER.test(value) ? Number(value) : null;
    return typeof value === "number" ? value : null;
  }
}
