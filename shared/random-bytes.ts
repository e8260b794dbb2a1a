import { randomFillSync } from "node:crypto";

const POOL_BYTES = 4096;

let pool = new Uint8Array(0);

/** Random bytes, not guessable. Each call of the random generator fetches many, because the call costs more than they do. */
export function randomBytesOf(count: number): Uint8Array {
  if (pool.length < count) pool = randomFillSync(new Uint8Array(Math.max(POOL_BYTES, count)));
  const bytes = pool.subarray(0, count);
  pool = pool.subarray(count);
  return bytes;
}
