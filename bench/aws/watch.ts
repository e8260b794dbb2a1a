import { OPERATOR } from "../../test/aws/stack/front.ts";
import type { AwsFleet } from "./fleet.ts";
import { Requests } from "./requests.ts";

/** What a stack does in a time of its clock. */
export interface Watched {
  /** Of what is started by messages, and of what is started by the clock. */
  requests: Requests;
  scheduled: Requests;
  /** Requests to the cloud, by service: `image`, `compute` … */
  cloudCalls: Map<string, number>;
  /** Messages that functions were given, by the queue's function. */
  checks: Map<string, number>;
  invocations: number;
  /** Of the machine's time. */
  tookSeconds: number;
}

/** Counts all that happens until it is over. */
export async function watch(
  { stack, cloud }: AwsFleet,
  isOver: () => Promise<boolean>,
  withinMinutes: number,
): Promise<Watched> {
  const { front, sources, functions, schedules } = stack.parts;
  const [requests, scheduled] = [new Requests(), new Requests()];
  const byTheClock = new Set(schedules.map(({ lambda }) => lambda.role.arn));
  front.seen = (call) => {
    if (call.caller === OPERATOR) return;
    (byTheClock.has(call.caller) ? scheduled : requests).count(call);
  };
  const cloudCalls = new Map<string, number>();
  const exchange = cloud.exchange.bind(cloud);
  cloud.exchange = (request) => {
    const [, service = ""] = new URL(request.url).pathname.split("/");
    cloudCalls.set(service, (cloudCalls.get(service) ?? 0) + 1);
    return exchange(request);
  };
  const batchesBefore = sources.map(({ batches }) => batches.length);
  const invocationsBefore = functions.map(({ invocations }) => invocations);
  const startedAtMs = performance.now();
  await stack.until(isOver, { withinMinutes });
  const tookSeconds = (performance.now() - startedAtMs) / 1000;
  cloud.exchange = exchange;
  front.seen = () => {};
  const checks = sources.map(({ queueArn, batches }, at) => {
    const given = batches.slice(batchesBefore[at]).flatMap(({ messages }) => messages);
    return [queueArn.replace(/^.*:regild-prod-/, ""), given.length] as const;
  });
  return {
    requests,
    scheduled,
    cloudCalls,
    checks: new Map(checks.filter(([, count]) => count > 0)),
    invocations: functions.reduce(
      (sum, { invocations }, at) => sum + invocations - (invocationsBefore[at] ?? 0),
      0,
    ),
    tookSeconds,
  };
}
