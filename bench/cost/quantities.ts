import { PRICES, type PriceName } from "./prices.ts";

/** What AWS counts, in the units of the prices. */
export type Quantities = Partial<Record<PriceName, number>>;

export function sum(parts: readonly Quantities[]): Quantities {
  const all: Quantities = {};
  for (const part of parts) {
    for (const [name, count] of entriesOf(part)) all[name] = (all[name] ?? 0) + count;
  }
  return all;
}

export function times(quantities: Quantities, factor: number): Quantities {
  return sum(entriesOf(quantities).map(([name, count]) => ({ [name]: count * factor })));
}

export function without(quantities: Quantities, left: readonly PriceName[]): Quantities {
  return sum(
    entriesOf(quantities).flatMap(([name, count]) =>
      left.includes(name) ? [] : [{ [name]: count }],
    ),
  );
}

export function usdOf(quantities: Quantities): number {
  return entriesOf(quantities).reduce((usd, [name, count]) => usd + count * PRICES[name].usd, 0);
}

export function entriesOf(quantities: Quantities): Array<[PriceName, number]> {
  return PRICE_NAMES.flatMap((name) => {
    const count = quantities[name];
    return count === undefined ? [] : [[name, count]];
  });
}

const isPriceName = (name: string): name is PriceName => name in PRICES;
const PRICE_NAMES = Object.keys(PRICES).filter(isPriceName);
