/** A number in [0, 1) that depends on the seed and the place alone: leaving out one fault does not shift the others. */
export function at(seed: string, ...place: Array<string | number>): number {
  let hash = 0x811c9dc5;
  for (const part of [seed, ...place]) {
    const text = typeof part === "string" ? part : String(part);
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash ^ 10, 0x01000193);
  }
  return (scatter(hash) >>> 0) / 2 ** 32;
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

/** FNV-1a leaves the last characters in the low bits; this spreads them over all (MurmurHash3's finaliser). */
function scatter(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
