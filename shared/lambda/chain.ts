import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { en } from "zod/locales";
import * as z from "zod/mini";
import { measured } from "#backend";
import { STEP_NAMES } from "../run/step-names.ts";
import { about, type Subject } from "./invocation.ts";

/** Without it zod's own messages say of everything no more than that it is invalid. */
z.config(en());

/**
 * What every function is around its work, of which each line of the log tells function and request. middy would reject
 * shortly before the function's time is up, and leave the work going on behind its back. Every call a function makes has
 * a time-out of its own, and a record is only ever written whole: being stopped does no harm.
 */
export function chain<Event, Result>(work: (event: Event) => Promise<Result>) {
  return middy(
    (event: Event, { functionName, awsRequestId }: Context) =>
      about(subjectOf(functionName, awsRequestId), () => measured(() => work(event))),
    { timeoutEarlyInMillis: 0 },
  );
}

/** On AWS a function's name ends in that which serverless.yml gives it: `regild-prod-check-status`. */
function subjectOf(functionName: string, requestId: string): Subject {
  const step = STEP_NAMES.find((name) => functionName.endsWith(name));
  return { function: functionName, requestId, ...(step === undefined ? {} : { step }) };
}
