/** Where one function gets a whole processor; below that, a share (Lambda developer guide, Configure function memory). */
const MIB_PER_VCPU = 1769;

/**
 * What is waited for each call, as assumed: DynamoDB "single-digit milliseconds", clouds a quarter of a second. Measured
 * here, on loopback, it would be nothing.
 */
export const WAIT_MS = { dynamodb: 5, sqs: 10, ssm: 30, events: 15, cloud: 250 } as const;

/**
 * One invocation in whole milliseconds, by the CPU time that it took on this machine, whose core is taken for a whole
 * vCPU. The start of a new instance is billed too, since August 2025 (AWS compute blog, Lambda standardizes billing for
 * INIT phase).
 * @param waitMs whole milliseconds.
 */
export function billedMs(is: { cpuMs: number; waitMs: number; memoryMib: number }): number {
  return Math.ceil(is.cpuMs * Math.max(1, MIB_PER_VCPU / is.memoryMib)) + is.waitMs;
}

export function gibSeconds(ms: number, memoryMib: number): number {
  return (ms / 1000) * (memoryMib / 1024);
}
