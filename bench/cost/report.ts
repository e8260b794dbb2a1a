import { print } from "../print.ts";
import { breakEven, type Tariff } from "./alternatives.ts";
import type { Costs, Day } from "./costs.ts";
import { type PriceName, PRICES } from "./prices.ts";
import { entriesOf, type Quantities, sum, times, usdOf, without } from "./quantities.ts";
import { DAYS } from "./standing.ts";
import { billedMsOf } from "./tally.ts";

const usd = (amount: number) => `$${amount.toFixed(amount < 1 ? 3 : 2)}`;
const round = (count: number) => (count < 10 ? count.toFixed(1) : count.toFixed(0));

export function printDay({ metered, scheduled, refreshes }: Day, costs: Costs): void {
  const ofRefresh = new Map(costs.perFunction.map(({ lambda, refresh }) => [lambda, refresh]));
  const rows = [...metered.tallies].map(([lambda, tally]) => {
    const of = scheduled.has(lambda) ? "day" : "refresh";
    const share = of === "day" ? 1 : 1 / refreshes;
    const refresh = ofRefresh.get(lambda);
    const per = (count: number) => round(count * share);
    return [
      lambda.name,
      of,
      per(tally.invocations),
      per(tally.newInstances),
      round(tally.invocations === 0 ? 0 : billedMsOf(tally) / tally.invocations),
      per(tally.calls.cloud),
      per(tally.sqsRequests),
      per(tally.readUnits),
      per(tally.writeUnits),
      refresh === undefined ? "" : usd(1000 * usdOf(refresh)),
    ];
  });
  print("What each function does", [
    [
      "",
      "per",
      "calls",
      "cold",
      "billed ms each",
      "cloud calls",
      "SQS",
      "reads",
      "writes",
      "per 1,000 refreshes",
    ],
    ...rows,
  ]);
}

export function printCosts({ refreshes }: Day, costs: Costs): void {
  const month = refreshes * DAYS;
  const thousand = times(costs.refresh, 1000);
  const names = entriesOf(sum([thousand, costs.idle, costs.watching])).map(([name]) => name);
  const cell = (of: Quantities, name: PriceName) =>
    of[name] === undefined ? "" : usd(usdOf({ [name]: of[name] }));
  print(`AWS cost in US dollars, list prices, ${month} refreshes a month`, [
    ["", "per 1,000 refreshes", "standing, per month", "to watch it, per month"],
    ...names.map((name) => [
      PRICES[name].unit,
      cell(thousand, name),
      cell(costs.idle, name),
      cell(costs.watching, name),
    ]),
    ["sum", usd(usdOf(thousand)), usd(usdOf(costs.idle)), usd(usdOf(costs.watching))],
  ]);
}

export function printWebhooks(webhook: Quantities): void {
  const thousand = times(webhook, 1000);
  print("1,000 webhooks that start nothing, each an hour after the one before", [
    ["", "US dollars"],
    ...entriesOf(thousand).map(([name, count]) => [
      PRICES[name].unit,
      usd(usdOf({ [name]: count })),
    ]),
    ["sum", usd(usdOf(thousand))],
  ]);
}

/** Watching is left out: whatever else does the work has to be watched as well. */
export function printAlternatives({ refreshes, meanUploadHours }: Day, costs: Costs): void {
  const month = refreshes * DAYS;
  const { stepFunctions, instancePerUpload, instanceAlways } = costs.alternatives;
  const tariff = (perRefresh: Quantities, standing: Quantities): Tariff => ({
    standing: usdOf(standing),
    perRefresh: usdOf(perRefresh),
  });
  const own = tariff(costs.refresh, costs.idle);
  const row = (name: string, other: Tariff) => {
    const { standing, perRefresh } = other;
    const equalAt = breakEven(own, other);
    return [
      name,
      usd(1000 * perRefresh),
      `${(perRefresh / own.perRefresh).toFixed(1)}×`,
      usd(standing),
      usd(standing + month * perRefresh),
      equalAt === null ? "" : equalAt.toFixed(0),
    ];
  };
  print(`Beside others, uploads of ${meanUploadHours.toFixed(1)} hours on average`, [
    ["", "per 1,000 refreshes", "ratio", "standing", `month of ${month}`, "the same at"],
    row("Regild", own),
    row(
      "the same looks in a wait loop of Step Functions, no queues",
      tariff(stepFunctions, without(costs.idle, ["sqsRequest"])),
    ),
    row("an instance (t4g.nano) held for each upload", tariff(instancePerUpload, {})),
    row("an instance (t4g.nano) that is always there", tariff({}, instanceAlways)),
  ]);
}
