import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import * as z from "zod/mini";

const fileSchema = z.object({
  functions: z.object({
    "publish-events": z.object({
      events: z.tuple([z.object({ stream: z.object({ filterPatterns: z.array(z.unknown()) }) })]),
    }),
  }),
});

/** What serverless.yml has Lambda hand to the function. */
export function filterPatterns(): unknown[] {
  const text = readFileSync(new URL("../../serverless.yml", import.meta.url), "utf8");
  const { functions } = fileSchema.parse(parseDocument(text, { logLevel: "silent" }).toJS());
  return functions["publish-events"].events[0].stream.filterPatterns;
}

const condition = z.union([
  z.pipe(
    z.string(),
    z.transform((wanted) => (value: unknown) => value === wanted),
  ),
  z.pipe(
    z.strictObject({ prefix: z.string() }),
    z.transform(
      ({ prefix }) =>
        (value: unknown) =>
          String(value).startsWith(prefix),
    ),
  ),
  z.pipe(
    z.strictObject({ exists: z.literal(true) }),
    z.transform(() => (value: unknown) => value != null),
  ),
]);
const conditions = z.array(condition);

/** One of them lets it through. As much of the language as is used. Source: Lambda developer guide, event filtering. */
export function passes(patterns: readonly unknown[], record: unknown): boolean {
  return patterns.some((pattern) => matches(pattern, record));
}

function matches(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) return conditions.parse(pattern).some((holds) => holds(value));
  const parts = z.record(z.string(), z.unknown());
  const is = parts.safeParse(value).data ?? {};
  return Object.entries(parts.parse(pattern)).every(([name, part]) => matches(part, is[name]));
}
