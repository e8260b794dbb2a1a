import * as z from "zod/mini";
import { jsonIn, storedProblems } from "../webhook/stored-senders.ts";
import { callbacks, type CallbackTarget } from "./target.ts";

/** The parameter also holds the senders of webhooks, which shared/webhook/stored-senders.ts reads. */
const storedFile = z.object({ callbacks: z.optional(callbacks) });

/** @throws Error that names every problem, and no secret. */
export function storedCallbacks(text: string): ReadonlyMap<string, CallbackTarget> {
  const read = storedFile.safeParse(jsonIn(text));
  if (read.success) return new Map(Object.entries(read.data.callbacks ?? {}));
  throw storedProblems(read.error);
}
