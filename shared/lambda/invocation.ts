import { AsyncLocalStorage } from "node:async_hooks";

/** What the work at hand is for: `function`, `requestId`, and of a message `recipe`, `run` … */
export type Subject = Readonly<Record<string, string>>;

const current = new AsyncLocalStorage<Subject>();

/** All that is told within this work, in whatever it awaits, is told of that subject; nothing beside it or after it is. */
export function about<T>(subject: Subject, work: () => T): T {
  return current.run({ ...current.getStore(), ...subject }, work);
}

export function subjectAtHand(): Subject {
  return current.getStore() ?? {};
}
