import type { Reading } from "./clock.ts";

/** Between the stack and one instance of a function. */
export interface Invocation {
  event: unknown;
  requestId: string;
  /** Of the stack's clock: a function lives on while it sleeps, and time passes. */
  clock: Reading;
}

export type Outcome = { result: unknown } | { error: { name: string; message: string } };

/** What Lambda writes in its report line: the most memory this instance has ever held; and what its time is made of. */
export type Report = Outcome & { residentKib: number } & CpuTime;

export interface CpuTime {
  /** Of the work on this event. */
  cpuMs: number;
  /** Of loading the function, once in each process. */
  loadCpuMs: number;
}
