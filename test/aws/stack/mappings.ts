import type { AwsSeam } from "../../../shared/aws/seam.ts";
import { ofType, type Template } from "../template/compiled.ts";
import { EventSource, mappingSchema } from "./event-source.ts";
import type { LambdaFunction } from "./lambda.ts";
import type { Queue } from "./queues.ts";
import type { Resolver } from "./resolve.ts";
import { retriesSchema } from "./resource-types.ts";
import type { Role } from "./roles.ts";
import { Schedule, scheduleSchema } from "./schedule.ts";
import { isOfStream, StreamSource, streamMappingSchema } from "./stream-source.ts";

export interface CallersDeps {
  template: Template;
  resolver: Resolver;
  functions: readonly LambdaFunction[];
  queues: readonly Queue[];
  /** All of AWS, as pollers reach it. */
  endpoint: string;
  seam: AwsSeam;
  /** Is given the promise of each batch at work. */
  track: (work: Promise<void>) => void;
  /** How often a batch is handed over at once. */
  copies: () => number;
}

/** Lambda's event source mappings: of queues, and of the table's stream. */
export function mappingsOf(deps: CallersDeps): { sources: EventSource[]; streams: StreamSource[] } {
  const { template, resolver, queues, endpoint, seam, track, copies } = deps;
  const shared = { endpoint, seam, track, copies };
  const sources: EventSource[] = [];
  const streams: StreamSource[] = [];
  for (const [id] of ofType(template, "AWS::Lambda::EventSourceMapping")) {
    const properties = resolver.propertiesOf(id);
    if (isOfStream(properties)) {
      const is = streamMappingSchema.parse(properties);
      const lambda = functionOf(deps, is.FunctionName);
      const failuresUrl = (arn: string) => queues.find((queue) => queue.arn === arn)?.url ?? arn;
      streams.push(new StreamSource({ is, lambda, failuresUrl, ...shared }));
      continue;
    }
    const is = mappingSchema.parse(properties);
    const queue = queues.find(({ arn }) => arn === is.EventSourceArn);
    if (queue === undefined) throw new Error(`${id} is fed by nothing that is known here`);
    const deadLettersOf = queues.find(({ deadLettersTo }) => deadLettersTo === queue.arn)?.arn;
    const lambda = functionOf(deps, is.FunctionName);
    sources.push(
      new EventSource({ is, queue, deadLettersOf: deadLettersOf ?? null, lambda, ...shared }),
    );
  }
  return { sources, streams };
}

/** @param roleOf by its ARN. */
export function schedulesOf(
  deps: Pick<CallersDeps, "template" | "resolver" | "functions">,
  roleOf: (arn: string) => Role,
  nowMs: number,
): Schedule[] {
  const { template, resolver } = deps;
  const neverRetried = ofType(template, "AWS::Lambda::EventInvokeConfig").map(
    ([id]) => retriesSchema.parse(resolver.propertiesOf(id)).FunctionName,
  );
  return ofType(template, "AWS::Scheduler::Schedule").map(([id]) => {
    const is = scheduleSchema.parse(resolver.propertiesOf(id));
    const lambda = functionOf(deps, is.Target.Arn);
    if (!neverRetried.includes(lambda.name)) throw new Error(`${lambda.name} would be tried again`);
    return new Schedule(is, lambda, roleOf(is.Target.RoleArn), nowMs);
  });
}

/** @throws Error */
export function functionOf(
  { functions }: Pick<CallersDeps, "functions">,
  nameOrArn: string,
): LambdaFunction {
  const found = functions.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
  if (found === undefined) throw new Error(`the template has no function ${nameOrArn}`);
  return found;
}
