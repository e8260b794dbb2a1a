import { STEP_NAMES } from "../shared/run/step-names.ts";

export interface Budget {
  gzippedKb: number;
  /** CPU time from process start to ready, over that of an empty handler. */
  timesEmpty: number;
}

const EDGE: Budget = { gzippedKb: 60, timesEmpty: 1.6 };
const STEP: Budget = { gzippedKb: 100, timesEmpty: 2 };

/** What a function's bundle may weigh and take to start. */
export function budgetOf(name: string): Budget {
  return STEP_NAMES.some((step) => step === name) ? STEP : EDGE;
}
