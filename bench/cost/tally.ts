import { billedMs, gibSeconds, WAIT_MS } from "./billed-time.ts";
import type { Quantities } from "./quantities.ts";

/** What one function did, counted. */
export interface Tally {
  invocations: number;
  newInstances: number;
  /** Billed, but for what it waited. */
  workMs: number;
  calls: Record<keyof typeof WAIT_MS, number>;
  /** Those of Lambda's pollers on its behalf among them, empty receives not. */
  sqsRequests: number;
  readUnits: number;
  writeUnits: number;
  kmsRequests: number;
  busEvents: number;
  logBytes: number;
}

export function emptyTally(): Tally {
  return {
    invocations: 0,
    newInstances: 0,
    workMs: 0,
    calls: { dynamodb: 0, sqs: 0, ssm: 0, events: 0, cloud: 0 },
    sqsRequests: 0,
    readUnits: 0,
    writeUnits: 0,
    kmsRequests: 0,
    busEvents: 0,
    logBytes: 0,
  };
}

/** Lambda's own lines: START, END and REPORT of each invocation, INIT_START of each instance and what REPORT says of it. */
const LOG_BYTES = { invocation: 265, newInstance: 175 };

export function billedMsOf({ workMs, calls }: Tally): number {
  const services = ["dynamodb", "sqs", "ssm", "events", "cloud"] as const;
  const waitMs = services.reduce((sum, service) => sum + calls[service] * WAIT_MS[service], 0);
  return workMs + waitMs;
}

export function quantitiesOf(tally: Tally, memoryMib: number): Quantities {
  const { invocations, newInstances, logBytes } = tally;
  const platformBytes = invocations * LOG_BYTES.invocation + newInstances * LOG_BYTES.newInstance;
  return {
    lambdaRequest: invocations,
    lambdaGibSecond: gibSeconds(billedMsOf(tally), memoryMib),
    sqsRequest: tally.sqsRequests,
    dynamoDbRead: tally.readUnits,
    dynamoDbWrite: tally.writeUnits,
    logGib: (logBytes + platformBytes) / 1024 ** 3,
    kmsRequest: tally.kmsRequests,
    busEvent: tally.busEvents,
  };
}

/** CPU time of one invocation, and of its instance's start where it was a new one. */
export function noteInvocation(
  tally: Tally,
  is: { cpuMs: number; startCpuMs: number | null; memoryMib: number },
): void {
  const { startCpuMs, memoryMib } = is;
  tally.invocations += 1;
  if (startCpuMs !== null) tally.newInstances += 1;
  tally.workMs += billedMs({ cpuMs: is.cpuMs + (startCpuMs ?? 0), waitMs: 0, memoryMib });
}
