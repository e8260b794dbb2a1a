import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { about } from "./invocation.ts";

/**
 * What every function is, around its work. middy would reject shortly before the function's time is up, and leave the
 * work going on behind its back. Every call a function makes has a time-out of its own, and a record is only ever written
 * whole: being stopped does no harm.
 */
export function chain<Event, Result>(work: (event: Event) => Promise<Result>) {
  return middy(
    (event: Event, { functionName, awsRequestId }: Context) =>
      about({ function: functionName, requestId: awsRequestId }, () => work(event)),
    { timeoutEarlyInMillis: 0 },
  );
}
