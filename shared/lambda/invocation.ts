import { AsyncLocalStorage } from "node:async_hooks";

/** What the work at hand is for: `function`, `requestId`, and of a message `recipe`, `run` … */
export type Subject = Readonly<Record<string, string>>;

const current = new AsyncLocalStorage<Subject>();

/** Adds the subject's fields to every log line that `work` writes, including inside what it awaits. */
export function about<T>(subject: Subject, work: () => T): T {
  return current.run({ ...current.getStore(), ...subject }, work);
}

export function subjectAtHand(): Subject {
  return current.getStore() ?? {};
}
