import { ROUTED, STEPS } from "./names.ts";

export interface Budget {
  gzippedKb: number;
  /** CPU time from process start until the handler can be called, over that of an empty one. */
  ready: number;
  /** The same until the function's first call of anything else: what is put off until then is not saved. */
  firstCall: number;
}

/** Senders give up after seconds. */
const HTTP_EDGE: Budget = { gzippedKb: 60, ready: 1.6, firstCall: 1.9 };
/** Each has all steps: a run may have gone on since its message was sent. */
const STEP: Budget = { gzippedKb: 158, ready: 2, firstCall: 2.3 };
/**
 * It has the whole page, and openid-client (20 KB), which runs only when somebody signs in at a provider. Somebody waits for
 * the answer, and no sender gives up.
 */
const DASHBOARD: Budget = { gzippedKb: 180, ready: 3.6, firstCall: 3.8 };
/** A clock, a stream or a queue calls it. */
const OTHER: Budget = { ...STEP, gzippedKb: 62 };

/** What a function's bundle may weigh and take to start. */
export function budgetOf(name: string): Budget {
  const isAmong = (names: readonly string[]) => names.includes(name);
  if (name === "dashboard") return DASHBOARD;
  if (isAmong(ROUTED)) return HTTP_EDGE;
  return isAmong(STEPS) ? STEP : OTHER;
}
