import { pathText } from "../recipe/problem.ts";
import { pathOf } from "../recipe/issues.ts";
import { configFile } from "./config-file.ts";
import type { Sender } from "./sender.ts";

const REMEDY = "Put there what regild senders --export prints";

/** What is kept on AWS: regild.yml as JSON, which every function can read without a reader of YAML in it. */
export function storedText(senders: ReadonlyMap<string, Sender>): string {
  return `${JSON.stringify({ senders: Object.fromEntries(senders) }, null, 2)}\n`;
}

/** @throws Error that names every problem, and no secret. */
export function storedSenders(text: string): ReadonlyMap<string, Sender> {
  const read = configFile.safeParse(jsonIn(text));
  if (read.success) return new Map(Object.entries(read.data.senders));
  const problems = read.error.issues.map((issue) => {
    const what = issue.code === "unrecognized_keys" ? "holds an unknown key" : issue.message;
    return `${pathText(pathOf(issue.path))} ${what}`.trim();
  });
  throw new Error(`${problems.join("; ")}. ${REMEDY}`);
}

/** What JSON itself says of a text quotes it. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`this is no JSON. ${REMEDY}`);
  }
}
