import { JMESPathTypeError } from "@aws-lambda-powertools/jmespath";
import { Functions } from "@aws-lambda-powertools/jmespath/functions";

/**
 * JMESPath's functions, with `reverse` and `sort` as the specification has them. Those of Powertools 2.35 reorder the
 * payload's own list, so that the next expression finds another order. Its `sort` puts texts in the order of the process's
 * language, and takes lists of texts and numbers, which are an error.
 * Source: jmespath.org, specification, reverse and sort.
 */
export class JmespathFunctions extends Functions {
  /** @param args all arguments in one list: the package calls its functions so, whatever their types say. */
  override funcReverse(args: unknown[]): string | unknown[] {
    return super.funcReverse(structuredClone(args));
  }

  /** @param args as above. @throws JMESPathTypeError for anything but a list of texts or a list of numbers. */
  override funcSort(args: string[] | number[]): unknown[] {
    const sorted = super.funcSort(structuredClone(args));
    if (sorted.every((each) => typeof each === "number")) return sorted;
    if (sorted.every((each) => typeof each === "string")) return sorted.toSorted();
    throw new JMESPathTypeError({
      currentValue: sorted,
      expectedTypes: ["array-number", "array-string"],
      actualType: "array",
    });
  }
}
