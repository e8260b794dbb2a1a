import * as z from "zod/mini";

const epochMs = z.int().check(z.nonnegative());

/** The question that a run asks the hook of its recipe, and the answer. */
export const hookStateSchema = z.strictObject({
  askedAtMs: epochMs,
  /** Without an answer by then, the run fails. */
  untilMs: epochMs,
  /** Null: none yet. The first one counts. */
  answer: z.nullable(
    z.strictObject({
      isReady: z.boolean(),
      /** What the hook says to it. */
      text: z.nullable(z.string()),
      atMs: epochMs,
    }),
  ),
});
export type HookState = z.infer<typeof hookStateSchema>;
export type HookAnswer = NonNullable<HookState["answer"]>;
