import type { Reading } from "./clock.ts";

/** Between the stack and one instance of a function. */
export interface Invocation {
  event: unknown;
  requestId: string;
  /** Of the stack's clock: a function lives on while it sleeps, and time passes. */
  clock: Reading;
}

export type Outcome = { result: unknown } | { error: { name: string; message: string } };

/** What Lambda writes in its report line: the most memory this instance has ever held. */
export type Report = Outcome & { residentKib: number };
