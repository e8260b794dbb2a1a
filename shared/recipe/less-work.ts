import * as z from "zod/mini";
import { duration, mapping, name, optional, rule, wholeNumber } from "./field.ts";
import type { Recipe } from "./recipe.ts";

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 24 * 3_600_000;

const byVersion = mapping(
  {
    version: name("version: golden_version").check(
      z.meta({
        description:
          "The metadata key of the server or volume that says what it holds. While its value is the same, the source counts as unchanged, also if it runs",
        examples: ["golden_version"],
      }),
    ),
  },
  "skip_unchanged: true, or skip_unchanged: { version: golden_version }",
);

const skipUnchanged = z.union([
  z.boolean({
    error: "is not true or false. Write skip_unchanged: true, or { version: golden_version }",
  }),
  byVersion,
]);

const jitter = duration("jitter", "10m", MS_PER_MINUTE, false).check(
  rule((ms) => (ms > MS_PER_DAY ? "is longer than a day. Write 24h or less" : null)),
);

/** Recipe keys that save work. */
export const lessWork = {
  fresh_within: optional(duration("fresh_within", "7d", MS_PER_MINUTE, false), {
    description:
      "A start makes no image while the current image is younger, and says so. regild refresh --force makes one all the same",
  }),
  skip_unchanged: optional(skipUnchanged, {
    description:
      "A start makes no image if nothing shows a change of the source since the current image. true: only of a server that stayed SHUTOFF, or a volume that no server has. version: also of one that runs. In doubt, an image is made",
  }),
  jitter: optional(jitter, {
    description:
      "Each start of the schedule is up to so much later. How much follows from the recipe's name, and stays the same",
  }),
  max_parallel: optional(wholeNumber({ from: 1, to: 1000, example: "max_parallel: 4" }), {
    description:
      "Runs that may make images on one cloud and region at a time. Others wait before the server is stopped. Write it into defaults: a recipe without it neither waits nor counts",
    examples: [4],
  }),
};

export const SKIP_UNCHANGED_KEYS = Object.keys(byVersion.shape);

export function skipUnchangedOf(
  written: z.infer<typeof skipUnchanged> | undefined,
): Recipe["skipUnchanged"] {
  if (written === undefined || written === false) return null;
  return { version: written === true ? null : written.version };
}
