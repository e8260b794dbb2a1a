import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFauxqs } from "fauxqs";
import { openSeam } from "../access.ts";
import { openDynamoDb } from "../dynamodb.ts";
import type { Entry } from "../event-bridge.ts";
import { TableStream } from "../table-stream.ts";
import { ofType, type Package } from "../template/compiled.ts";
import { Clock } from "./clock.ts";
import { EventSource, mappingSchema } from "./event-source.ts";
import { Front } from "./front.ts";
import { LambdaFunction } from "./lambda.ts";
import { REGION, Resolver } from "./resolve.ts";
import { checkTypes, queueSchema, retriesSchema, tableSchema } from "./resource-types.ts";
import { type Role, rolesOf } from "./roles.ts";
import { Schedule, scheduleSchema } from "./schedule.ts";
import { dynamoDbService, eventsService, parameterService, sqsService } from "./services.ts";
import { Stack } from "./stack.ts";
import { isOfStream, StreamSource, streamMappingSchema } from "./stream-source.ts";

/**
 * Brings the compiled template up, with nothing known but what stands in it.
 * @param parameters what the parameter store holds, by name.
 */
export async function bringUp(
  { template, files }: Package,
  parameters: Readonly<Record<string, () => string>>,
): Promise<{ stack: Stack } & AsyncDisposable> {
  checkTypes(template);
  await using undo = new AsyncDisposableStack();
  const clock = undo.use(new Clock());
  const resolver = new Resolver(template);
  const propertiesOf = (type: string) =>
    ofType(template, type).map(([id]) => ({ id, properties: resolver.propertiesOf(id) }));

  const dynamoDb = await openDynamoDb();
  undo.defer(() => dynamoDb.close());
  for (const { id, properties } of propertiesOf("AWS::DynamoDB::Table")) {
    await dynamoDb.createTable({ TableName: resolver.ref(id), ...tableSchema.parse(properties) });
  }

  const sqs = await startFauxqs({ port: 0, logger: false, defaultRegion: REGION });
  undo.defer(() => sqs.stop());
  const queues = propertiesOf("AWS::SQS::Queue").map(({ id, properties }) => {
    const is = queueSchema.parse(properties);
    const { QueueName: name, RedrivePolicy: redrive } = is;
    const attributes = {
      VisibilityTimeout: String(is.VisibilityTimeout),
      MessageRetentionPeriod: String(is.MessageRetentionPeriod),
      ...(redrive === undefined ? {} : { RedrivePolicy: JSON.stringify(redrive) }),
    };
    sqs.createQueue(name, { region: REGION, attributes });
    const deadLettersTo = redrive?.deadLetterTargetArn ?? null;
    const retentionSeconds = is.MessageRetentionPeriod;
    const arn = resolver.attribute(id, "Arn");
    return { name, url: resolver.ref(id), arn, retentionSeconds, deadLettersTo };
  });

  const roles = rolesOf(template, resolver);
  const keyed = new Map(roles.map((role, at) => [`ASIAROLE${at}`, role]));
  const roleOf = (arn: string): { key: string; role: Role } => {
    const found = [...keyed].find(([, role]) => role.arn === arn);
    if (found === undefined) throw new Error(`the template has no role ${arn}`);
    return { key: found[0], role: found[1] };
  };

  const arns = new Map(queues.map(({ url, arn }) => [url, arn]));
  const stream = new TableStream(dynamoDb.client, () => clock.now());
  const told: Entry[] = [];
  const front = undo.use(
    new Front(
      {
        DynamoDB_20120810: dynamoDbService(dynamoDb.access.endpoint, stream),
        AmazonSQS: sqsService(sqs, arns, (arn) => stack.noteSent(arn)),
        AmazonSSM: parameterService(parameters),
        AWSEvents: eventsService(told, () => stack.takesEvents),
      },
      keyed,
    ),
  );
  const endpoint = await front.open();

  const folder = mkdtempSync(join(tmpdir(), "regild-stack-"));
  undo.defer(() => rmSync(folder, { recursive: true }));
  const deps = { clock, resolver, files, folder, endpoint, keyOf: roleOf };
  const functions = ofType(template, "AWS::Lambda::Function").map(
    ([id]) => new LambdaFunction(id, deps),
  );
  for (const lambda of functions) undo.defer(() => lambda.stop());
  const functionOf = (nameOrArn: string): LambdaFunction => {
    const found = functions.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
    if (found === undefined) throw new Error(`the template has no function ${nameOrArn}`);
    return found;
  };

  const seam = openSeam();
  undo.defer(() => seam.close());
  const mappings = propertiesOf("AWS::Lambda::EventSourceMapping");
  const ofStreams = mappings.filter(({ properties }) => isOfStream(properties));
  const streams = ofStreams.map(({ properties }) => {
    const is = streamMappingSchema.parse(properties);
    const failuresUrl = (arn: string) => queues.find((queue) => queue.arn === arn)?.url ?? arn;
    const track = (work: Promise<void>) => stack.track(work);
    const lambda = functionOf(is.FunctionName);
    return new StreamSource({
      is,
      lambda,
      failuresUrl,
      endpoint,
      seam,
      track,
      copies: () => stack.copies,
    });
  });
  stream.changed = (record) => {
    for (const source of streams) source.add(record);
  };
  const ofQueues = mappings.filter((mapping) => !ofStreams.includes(mapping));
  const sources = ofQueues.map(({ id, properties }) => {
    const is = mappingSchema.parse(properties);
    const queue = queues.find(({ arn }) => arn === is.EventSourceArn);
    if (queue === undefined) throw new Error(`${id} is fed by nothing that is known here`);
    return new EventSource({
      is,
      queue,
      deadLettersOf: queues.find(({ deadLettersTo }) => deadLettersTo === queue.arn)?.arn ?? null,
      lambda: functionOf(is.FunctionName),
      endpoint,
      seam,
      track: (work) => stack.track(work),
      copies: () => stack.copies,
    });
  });
  const neverRetried = propertiesOf("AWS::Lambda::EventInvokeConfig").map(
    ({ properties }) => retriesSchema.parse(properties).FunctionName,
  );
  const schedules = propertiesOf("AWS::Scheduler::Schedule").map(({ properties }) => {
    const is = scheduleSchema.parse(properties);
    const lambda = functionOf(is.Target.Arn);
    if (!neverRetried.includes(lambda.name)) throw new Error(`${lambda.name} would be tried again`);
    return new Schedule(is, lambda, roleOf(is.Target.RoleArn).role, clock.now());
  });

  const stack = new Stack({
    clock,
    front,
    endpoint,
    functions,
    sources,
    streams,
    told,
    schedules,
    sqs,
    queueNames: queues.map(({ name }) => name),
  });
  const dispose = undo.move();
  return { stack, [Symbol.asyncDispose]: () => dispose.disposeAsync() };
}
