import { createHash } from "node:crypto";

/** A number in [0, 1) that depends on the seed and the place alone: leaving out one fault does not shift the others. */
export function at(seed: string, ...place: Array<string | number>): number {
  return (
    createHash("md5")
      .update(`${seed}\n${place.join("\n")}`)
      .digest()
      .readUInt32LE(0) /
    2 ** 32
  );
}

/** A stream for choices that only the order of things depends on (mulberry32). */
export function stream(seed: string): () => number {
  let state = Math.floor(at(seed, "stream") * 2 ** 32);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
