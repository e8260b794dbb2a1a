import * as z from "zod/mini";
import { noUnit, parseDuration } from "./duration.ts";

/**
 * The kinds of value a recipe file holds. Their messages continue a sentence that begins with the
 * value, or with the field's name where it is missing: `"five"` + `is not a number. Write …`.
 */

/** What stands for an input in a text: `${{ inputs.version }}`. */
export const INPUT_REFERENCE = /\$\{\{\s*inputs\.([\w-]+)\s*\}\}/g;

type WrongInput = { input?: unknown };

/** @param what is wrong with this input, and the remedy; missing input has one message for all. */
function wrong(remedy: string, what: (input: unknown) => string) {
  return ({ input }: WrongInput): string =>
    `${input === undefined ? "is missing" : what(input)}. ${remedy}`;
}

/** Adds a rule of its own; `problemIn` gives null for a good value. */
export function rule<T>(problemIn: (value: T) => string | null): z.core.CheckFn<T> {
  return (context) => {
    const message = problemIn(context.value);
    if (message !== null) {
      context.issues.push({ code: "custom", message, input: context.value });
    }
  };
}

/** @param example the field as one would write it. */
export function string(example: string) {
  return z.string({
    error: ({ input }) =>
      typeof input === "number" || typeof input === "boolean"
        ? `is a ${typeof input}, not text. Put it in quotes`
        : wrong(`Write ${example}`, () => "is not text")({ input }),
  });
}

/** A name or id: nothing at the ends and nothing unprintable, which the clouds refuse or nobody sees. */
export function name(example: string) {
  return string(example).check(
    rule((text) => {
      if (text.trim() === "") return `is empty. Write ${example}`;
      if (text !== text.trim()) return "begins or ends with a blank. Take the blank away";
      if (/\p{Cc}/u.test(text)) return "holds a control character. Take it out";
      if (text.includes("${{")) {
        return `holds a variable, which only image.name can so far. Write ${example}`;
      }
      return null;
    }),
  );
}

/** Of a server or volume: a name or id, or an input that says it. */
export function sourceName(example: string) {
  const plain = name(example);
  return string(example).check(
    rule((text) => {
      const named = plain.safeParse(text.replaceAll(INPUT_REFERENCE, "x"));
      if (named.success) return null;
      return text.includes("${{")
        ? "holds a variable that is no input. Write ${{ inputs.NAME }}"
        : (named.error.issues[0]?.message ?? null);
    }),
  );
}

export function boolean() {
  return z.boolean({ error: wrong("Write true or false", () => "is not true or false") });
}

export function wholeNumber(range: { from: number; to: number; example: string }) {
  const remedy = `Write a whole number from ${range.from}, for example ${range.example}`;
  return z
    .int({
      error: wrong(remedy, (input) => {
        if (typeof input === "number") return "is not a whole number";
        if (typeof input === "object" && input !== null) return "is not supported here yet";
        return "is not a number";
      }),
    })
    .check(
      z.minimum(range.from, { error: `is too small. ${remedy}` }),
      z.maximum(range.to, { error: `is too large. Write at most ${range.to}` }),
    );
}

/**
 * @param field the key; @param usual what a recipe gets without it, or an example.
 * @param isDefault false: without it, a recipe gets nothing.
 */
export function duration(field: string, usual: string, shortestMs: number, isDefault = true) {
  const example = `${field}: ${usual}`;
  const pattern = "^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$";
  const text = z.string({
    error: ({ input }) =>
      typeof input === "number" && Number.isInteger(input) && input >= 0
        ? noUnit(input)
        : wrong(`Write for example ${example}`, () => "is not a duration")({ input }),
  });
  return z.pipe(
    text.check(z.meta({ pattern, ...(isDefault ? { default: usual } : { examples: [usual] }) })),
    z.transform((written, context) => {
      const read = parseDuration(written);
      if ("ms" in read && read.ms >= shortestMs) return read.ms;
      const message = "ms" in read ? `is too short. Write for example ${example}` : read.problem;
      context.issues.push({ code: "custom", message, input: written });
      return z.NEVER;
    }),
  );
}

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  // Only where it is told: with Intl the start of a function takes a quarter of an empty process's time longer.
  const list = () => new Intl.ListFormat("en", { type: "disjunction" }).format(values);
  return z.enum(values, {
    error: (issue) => wrong(`Write ${list()}`, () => "is unknown")(issue),
  });
}

/** A field that may be left out. @param about what editors say of it. */
export function optional<T extends z.core.SomeType>(field: T, about: z.core.GlobalMeta) {
  return z.exactOptional(field).check(z.meta(about));
}

export function mapping<T extends z.core.$ZodShape>(shape: T, example: string) {
  return z.strictObject(shape, {
    error: wrong(`Write ${example}`, () => "is not a mapping"),
  });
}
