import * as z from "zod/mini";
import { mapping } from "../recipe/field.ts";
import { pathText } from "../recipe/problem.ts";
import { pathOf } from "../recipe/issues.ts";
import { EXAMPLE, senders } from "./config-file.ts";
import type { Sender } from "./sender.ts";

const REMEDY = "Put there what regild senders --export prints";

/** The parameter also holds chat workspaces callbacks and who is told, which stored-workspaces.ts, stored-callbacks.ts and stored-targets.ts read. */
const storedFile = mapping(
  {
    senders,
    chat: z.exactOptional(z.unknown()),
    callbacks: z.exactOptional(z.unknown()),
    notifications: z.exactOptional(z.unknown()),
  },
  EXAMPLE,
);

/** @throws Error that names every problem, and no secret. */
export function storedSenders(text: string): ReadonlyMap<string, Sender> {
  const read = storedFile.safeParse(jsonIn(text));
  if (read.success) return new Map(Object.entries(read.data.senders));
  throw storedProblems(read.error);
}

/** Names every problem, and no value. */
export function storedProblems(error: { issues: z.core.$ZodIssue[] }): Error {
  const problems = error.issues.map((issue) => {
    const what = issue.code === "unrecognized_keys" ? "holds an unknown key" : issue.message;
    return `${pathText(pathOf(issue.path))} ${what}`.trim();
  });
  return new Error(`${problems.join("; ")}. ${REMEDY}`);
}

/** What JSON itself says of a text quotes it. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`this is no JSON. ${REMEDY}`);
  }
}
