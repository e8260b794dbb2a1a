import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFauxqs } from "fauxqs";
import { AwsClient } from "../../../shared/aws/client.ts";
import { openSeam } from "../access.ts";
import { openDynamoDb } from "../dynamodb.ts";
import type { Entry } from "../event-bridge.ts";
import { TableStream } from "../table-stream.ts";
import { ofType, type Package } from "../template/compiled.ts";
import { Clock } from "./clock.ts";
import { Front } from "./front.ts";
import { HttpApi } from "./http-api.ts";
import { LambdaFunction } from "./lambda.ts";
import { mappingsOf, schedulesOf } from "./mappings.ts";
import { makeQueues } from "./queues.ts";
import { REGION, Resolver } from "./resolve.ts";
import { checkTypes, tableSchema } from "./resource-types.ts";
import { type Role, rolesOf } from "./roles.ts";
import { dynamoDbService, eventsService, parameterService, sqsService } from "./services.ts";
import { Stack } from "./stack.ts";

/**
 * Brings the compiled template up, with nothing known but what stands in it.
 * @param parameters what the parameter store holds, by name.
 * @param startAtMs left out: now.
 */
export async function bringUp(
  { template, files }: Package,
  parameters: Readonly<Record<string, () => string | undefined>>,
  startAtMs?: number,
): Promise<{ stack: Stack } & AsyncDisposable> {
  checkTypes(template);
  await using undo = new AsyncDisposableStack();
  const clock = undo.use(new Clock(startAtMs));
  const resolver = new Resolver(template);
  const seam = openSeam();
  undo.defer(() => seam.close());

  const dynamoDb = await openDynamoDb();
  undo.defer(() => dynamoDb.close());
  for (const [id] of ofType(template, "AWS::DynamoDB::Table")) {
    const properties = tableSchema.parse(resolver.propertiesOf(id));
    await dynamoDb.createTable({ TableName: resolver.ref(id), ...properties });
  }
  const { access, direct } = dynamoDb;
  const reader = new AwsClient("dynamodb", access, { ...seam, http: direct });
  const stream = new TableStream(reader, () => clock.now());

  const sqs = await startFauxqs({ port: 0, logger: false, defaultRegion: REGION });
  undo.defer(() => sqs.stop());
  const queues = makeQueues(template, resolver, sqs);
  const arns = new Map(queues.map(({ url, arn }) => [url, arn]));

  const keyed = new Map(
    rolesOf(template, resolver).map((role, at) => [`ASIAROLE${at}`, role] as const),
  );
  const told: Entry[] = [];
  const front = undo.use(
    new Front(
      {
        DynamoDB_20120810: dynamoDbService(direct, stream),
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
  const keyOf = (arn: string) => keyOfRole(keyed, arn);
  const deps = { clock, resolver, files, folder, endpoint, keyOf };
  const functions = ofType(template, "AWS::Lambda::Function").map(
    ([id]) => new LambdaFunction(id, deps),
  );
  for (const lambda of functions) undo.defer(() => lambda.stop());

  const callers = {
    template,
    resolver,
    functions,
    queues,
    endpoint,
    seam: { ...seam, http: front.http },
    track: (work: Promise<void>) => stack.track(work),
    copies: () => stack.copies,
  };
  const { sources, streams } = mappingsOf(callers);
  stream.changed = (record) => {
    for (const source of streams) source.add(record);
  };
  const schedules = schedulesOf(callers, (arn) => keyOf(arn).role, clock.now());

  const stack = new Stack({
    clock,
    front,
    endpoint,
    functions,
    sources,
    streams,
    told,
    schedules,
    httpApi: new HttpApi(callers),
    sqs,
    queueNames: queues.map(({ name }) => name),
  });
  const dispose = undo.move();
  return { stack, [Symbol.asyncDispose]: () => dispose.disposeAsync() };
}

function keyOfRole(keyed: ReadonlyMap<string, Role>, arn: string): { key: string; role: Role } {
  const found = [...keyed].find(([, role]) => role.arn === arn);
  if (found === undefined) throw new Error(`the template has no role ${arn}`);
  return { key: found[0], role: found[1] };
}
