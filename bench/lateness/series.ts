/** Uploads of one recipe, one after the other, in seconds. */
export interface Series {
  name: string;
  /** What the uploads of this kind do. */
  text: string;
  seconds: number[];
  /** Standard deviation of their logarithms, where that is all that they differ by. */
  spread: number | null;
}

const HOUR = 3600;
const LENGTH = 60;
const REPEATS = 20;

/** Upload times that recipes may have. The same ones in each run of the bench. */
export function series(): Series[] {
  const next = randomNumbers(7);
  const about = (seconds: number, spread: number) => seconds * Math.exp(spread * normal(next));
  const kinds: Array<[string, string, (n: number) => number, spread?: number]> = [
    ["steady", "of an hour, 2 % apart", () => about(HOUR, 0.02), 0.02],
    ["log-normal", "of an hour, 5 % apart", () => about(HOUR, 0.05), 0.05],
    ["log-normal, wide", "of an hour, 15 % apart", () => about(HOUR, 0.15), 0.15],
    ["growing", "each 1 % longer than the one before", (n) => about(HOUR * 1.01 ** n, 0.02)],
    ["bimodal", "of 20 minutes or of an hour", () => about(next() < 0.5 ? HOUR / 3 : HOUR, 0.03)],
    ["slow-down", "of an hour, then of two", (n) => about(n < LENGTH / 2 ? HOUR : 2 * HOUR, 0.03)],
    ["short", "of 65 seconds", () => about(65, 0.02)],
  ];
  return kinds.flatMap(([name, text, seconds, spread = null]) =>
    Array.from({ length: REPEATS }, () => ({
      name,
      text,
      spread,
      seconds: Array.from({ length: LENGTH }, (_, n) => seconds(n)),
    })),
  );
}

/** Numbers of [0, 1), by a linear congruential generator (Numerical Recipes), so that each run has the same ones. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Of the standard normal distribution, by Box and Muller. */
function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}
