import * as z from "zod/mini";
import { jsonIn, storedProblems } from "../webhook/stored-senders.ts";
import { type Target, targets } from "./target.ts";

/** The parameter also holds the senders of webhooks, which shared/webhook/stored-senders.ts reads. */
const storedFile = z.object({ notifications: z.optional(targets) });

/** @throws Error that names every problem, and no secret. */
export function storedTargets(text: string): ReadonlyMap<string, Target> {
  const read = storedFile.safeParse(jsonIn(text));
  if (read.success) return new Map(Object.entries(read.data.notifications ?? {}));
  throw storedProblems(read.error);
}
