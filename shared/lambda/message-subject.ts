import type { Key } from "../ports.ts";
import type { Subject } from "./invocation.ts";

/** Whom a message is about, as people name it. */
export function subjectOf({ pk, sk }: Key): Subject {
  const name = pk.replace(/^[RS]#/, "");
  if (sk === "lock") return { source: name };
  if (sk.startsWith("run#")) return { recipe: name, run: `${name}-${sk.slice("run#".length)}` };
  return { recipe: name };
}
