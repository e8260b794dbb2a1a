import type { StoredPlace } from "../shared/lambda/stored-place.ts";
import {
  arnOf,
  attribute,
  logicalId,
  madeFor,
  merged,
  QUEUED,
  type Resource,
  type Resources,
  STEPS,
  sub,
} from "./names.ts";

interface Statement {
  Effect: "Allow";
  Action: string[];
  Resource: unknown;
}

const allow = (Action: string[], Resource: unknown): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
});

const records = allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], arnOf("Table"));
const dueIndex = allow(["dynamodb:Query"], sub("${Table.Arn}/index/due"));

/** Messages for these steps. */
const send = (steps: readonly string[]): Statement =>
  allow(
    ["sqs:SendMessage"],
    steps.map((step) => arnOf(logicalId(step, "Queue"))),
  );

/** What Lambda does with a queue on a function's behalf, by the function's role. */
const receive = (queues: readonly string[]): Statement =>
  allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queues.map(arnOf));

/**
 * What Lambda does with the table's stream, by the function's role, and with what it could not do. IAM has no resource
 * for `ListStreams`; Lambda asks for it all the same, and AWS's own policy names the stream (DynamoDB developer guide,
 * policy for a Lambda function that reads a stream).
 */
const readStream = (name: string): Statement[] => [
  allow(
    [
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
    ],
    attribute("Table", "StreamArn"),
  ),
  allow(["sqs:SendMessage"], arnOf(logicalId(name, "Failures"))),
];

/** Texts that hold secrets. */
export interface StoredPlaces {
  /** Where clouds.yaml is kept. */
  clouds: StoredPlace;
  /** Where the senders of webhooks are kept. */
  senders: StoredPlace;
  /** ARN of the key that encrypts them; empty: AWS's own, whose policy lets everybody decrypt who may read. */
  secretsKey: string;
}

/** The ARN of a secret ends in six characters that Secrets Manager makes up. */
function readStored({ service, name }: StoredPlace, key: string): Statement[] {
  const arn = (rest: string) =>
    sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`);
  const read =
    service === "ssm"
      ? allow(["ssm:GetParameter"], arn(`parameter${name}`))
      : allow(["secretsmanager:GetSecretValue"], arn(`secret:${name}-??????`));
  return key === "" ? [read] : [read, allow(["kms:Decrypt"], key)];
}

/** The ARN of a log group ends in `:*`: all streams of this one group, whose names Lambda makes up. */
const writeLog = (name: string): Statement =>
  allow(["logs:CreateLogStream", "logs:PutLogEvents"], attribute(madeFor(name, "LogGroup"), "Arn"));

/** X-Ray knows no resource that traces could be allowed on (service authorization reference), hence the `*`. */
const sendTraces = allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*");

function role(service: string, statements: Statement[], condition?: object): Resource {
  const Principal = { Service: `${service}.amazonaws.com` };
  const trust = { Effect: "Allow", Principal, Action: "sts:AssumeRole" };
  const policy = (Statement: object[]) => ({ Version: "2012-10-17", Statement });
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: policy([
        condition === undefined ? trust : { ...trust, Condition: condition },
      ]),
      Policies: [{ PolicyName: "all-it-does", PolicyDocument: policy(statements) }],
    },
  };
}

/** One role per function, which allows what its code does and nothing more: test/aws/template.test.ts compares. */
export function roles(
  { clouds, senders, secretsKey }: StoredPlaces,
  { traced }: { traced: boolean },
): Resources {
  const ofFunction = (name: string, ...statements: Statement[]): Resources => ({
    [logicalId(name, "Role")]: role("lambda", [
      ...statements,
      writeLog(name),
      ...(traced ? [sendTraces] : []),
    ]),
  });
  // Which step a run is in, its record says and not the queue: any step's function may send to any step.
  const ofSteps = STEPS.map((step) => {
    const own = receive([logicalId(step, "Queue")]);
    return ofFunction(step, own, records, send(STEPS), ...readStored(clouds, secretsKey));
  });
  const everyDeadLetter = receive(QUEUED.map((step) => logicalId(step, "DeadLetters")));
  return merged([
    ofFunction("on-schedule", records, send(["prepare-source"])),
    ofFunction("sweep", dueIndex, records, send(QUEUED)),
    ofFunction("check-freshness", records),
    ofFunction("on-webhook", records, send(["prepare-source"]), ...readStored(senders, secretsKey)),
    ofFunction(
      "on-command",
      records,
      allow(["dynamodb:Query"], arnOf("Table")),
      send(["prepare-source", "notify"]),
      ...readStored(senders, secretsKey),
    ),
    ofFunction(
      "notify",
      receive([logicalId("notify", "Queue")]),
      records,
      send(["notify"]),
      ...readStored(senders, secretsKey),
    ),
    ...ofSteps,
    ofFunction("dead-letters", everyDeadLetter, records, send(["abandon"])),
    ofFunction(
      "publish-events",
      ...readStream("publish-events"),
      allow(["events:PutEvents"], arnOf("EventBus")),
    ),
  ]);
}

/** EventBridge Scheduler starts a function by a role of ours, lent to schedules of this account alone. */
export function schedulerRole(functions: readonly string[]): Resources {
  const invoke = allow(
    ["lambda:InvokeFunction"],
    functions.map((name) => arnOf(madeFor(name, "LambdaFunction"))),
  );
  const ours = { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } };
  return { SchedulerRole: role("scheduler", [invoke], ours) };
}
