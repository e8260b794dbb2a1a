/** Ages at which a check may come, between these multiples of the spread around the middle. */
const STEPS = 400;
const WIDTH = 4;

/**
 * What nobody can do better: a policy that knows how uploads of log-normal times differ, and that checks as often as this on
 * average. Found by dynamic programming, from the last age back, for a price of a check that leads to so many checks.
 * @param spread standard deviation of the logarithm. @returns how late the end is seen on average, as a share.
 */
export function leastLate(spread: number, checks: number): number {
  const deviations = Array.from({ length: STEPS }, (_, n) => WIDTH * ((2 * n) / (STEPS - 1) - 1));
  const ages = deviations.map((deviation) => Math.exp(spread * deviation));
  const weights = deviations.map((deviation) => Math.exp(-(deviation ** 2) / 2));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let below = 0;
  const ended = weights.map((weight) => (below += weight / all));
  let [cheap, dear] = [1e-6, 1];
  for (let n = 0; n < 40; n++) {
    const price = Math.sqrt(cheap * dear);
    if (best(ages, ended, price).checks > checks) cheap = price;
    else dear = price;
  }
  return best(ages, ended, dear).late;
}

function best(
  ages: readonly number[],
  ended: readonly number[],
  price: number,
): { checks: number; late: number } {
  const at = (values: readonly number[], n: number): number => values[n] ?? 0;
  // Sums of 1 / T over the uploads that have ended: late by (age - T) / T.
  const inverse = [0];
  for (let n = 1; n < ages.length; n++) {
    const mean = 2 / (at(ages, n) + at(ages, n - 1));
    inverse.push(at(inverse, n - 1) + (at(ended, n) - at(ended, n - 1)) * mean);
  }
  const last = ages.length - 1;
  const found = Array.from({ length: ages.length }, () => ({ cost: 0, checks: 0, late: 0 }));
  for (let from = last - 1; from >= 0; from--) {
    const share = 1 - at(ended, from);
    let least = { cost: Infinity, checks: 0, late: 0 };
    for (let to = from + 1; to <= last; to++) {
      const after = found[to] ?? least;
      const late =
        at(ages, to) * (at(inverse, to) - at(inverse, from)) - (at(ended, to) - at(ended, from));
      const cost = price * share + late + after.cost;
      if (cost < least.cost) {
        least = { cost, checks: share + after.checks, late: late + after.late };
      }
    }
    found[from] = least;
  }
  return found[0] ?? { checks: 0, late: 0 };
}
