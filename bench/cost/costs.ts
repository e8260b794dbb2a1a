import type { LambdaFunction } from "../../test/aws/stack/lambda.ts";
import type { Template } from "../../test/aws/template/compiled.ts";
import { inStepFunctions, instanceHeld, instancePerUpload } from "./alternatives.ts";
import type { Metered } from "./meter.ts";
import { type Quantities, sum, times } from "./quantities.ts";
import { DAYS, HOURS, pollsPerMonth, watching } from "./standing.ts";
import { quantitiesOf } from "./tally.ts";

/** What was seen of the stack in one day. */
export interface Day {
  template: Template;
  metered: Metered;
  /** Functions on a schedule. */
  scheduled: ReadonlySet<LambdaFunction>;
  refreshes: number;
  meanUploadHours: number;
}

export interface Costs {
  /** Of one refresh, by function. */
  perFunction: Array<{ lambda: LambdaFunction; refresh: Quantities }>;
  refresh: Quantities;
  /** Of a month in which nothing is refreshed: functions on a schedule, pollers. */
  idle: Quantities;
  /** Of a month: alarms, dashboard, metrics of one's own. */
  watching: Quantities;
  alternatives: {
    stepFunctions: Quantities;
    instancePerUpload: Quantities;
    /** Of a month. */
    instanceAlways: Quantities;
  };
}

/**
 * A month of thirty such days. What functions on a schedule do counts as standing, a few writes at the start of a run
 * included; all else is done for refreshes.
 */
export function costsOf({ template, metered, scheduled, refreshes, meanUploadHours }: Day): Costs {
  const ofDay = [...metered.tallies].map(([lambda, tally]) => ({
    lambda,
    tally,
    quantities: quantitiesOf(tally, lambda.memoryMib),
  }));
  const perFunction = ofDay
    .filter(({ lambda }) => !scheduled.has(lambda))
    .map(({ lambda, quantities }) => ({ lambda, refresh: times(quantities, 1 / refreshes) }));
  const refresh = sum(perFunction.map((one) => one.refresh));
  const onSchedule = ofDay
    .filter(({ lambda }) => scheduled.has(lambda))
    .flatMap(({ tally, quantities }) => [quantities, { scheduledStart: tally.invocations }]);
  const metricHours = [...metered.metricHours.values()].reduce((all, hours) => all + hours, 0);
  const looking = ofDay.find(({ lambda }) => lambda.name.endsWith("-check-status"));
  const hop = times(looking?.quantities ?? {}, 1 / Math.max(1, looking?.tally.invocations ?? 1));
  return {
    perFunction,
    refresh,
    idle: sum([times(sum(onSchedule), DAYS), { sqsRequest: pollsPerMonth(template) }]),
    watching: sum([watching(template), { metricMonth: (metricHours * DAYS) / HOURS }]),
    alternatives: {
      stepFunctions: inStepFunctions({
        refresh,
        checks: metered.checks / refreshes,
        hops: metered.hops / refreshes,
        hop,
      }),
      instancePerUpload: instancePerUpload(meanUploadHours),
      instanceAlways: instanceHeld(HOURS),
    },
  };
}
