/** Between the stack and one instance of a function. */
export interface Invocation {
  event: unknown;
  requestId: string;
  /** Of the stack's clock: a function lives on while it sleeps, and time passes. */
  nowMs: number;
}

export type Outcome = { result: unknown } | { error: { name: string; message: string } };

/** With the memory that the process holds when it is done, as Lambda's report line tells it; and what its time is made of. */
export type Report = Outcome & { residentBytes: number } & CpuTime;

export interface CpuTime {
  /** Of the work on this event. */
  cpuMs: number;
  /** Of loading the function, once in each process. */
  loadCpuMs: number;
}
