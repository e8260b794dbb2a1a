import * as z from "zod/mini";
import { jsonIn, storedProblems } from "../webhook/stored-senders.ts";
import type { Workspace } from "./workspace.ts";
import { workspaces } from "./workspace-schema.ts";

/** The parameter also holds the senders of webhooks, which shared/webhook/stored-senders.ts reads. */
const storedFile = z.object({ chat: z.optional(workspaces) });

/** @throws Error that names every problem, and no secret. */
export function storedWorkspaces(text: string): ReadonlyMap<string, Workspace> {
  const read = storedFile.safeParse(jsonIn(text));
  if (read.success) return new Map(Object.entries(read.data.chat ?? {}));
  throw storedProblems(read.error);
}
