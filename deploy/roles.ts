import type { StoredPlace } from "../shared/lambda/stored-place.ts";
import { interfaceStatements, type Network } from "./network.ts";
import {
  arnOf,
  attribute,
  logicalId,
  madeFor,
  merged,
  QUEUED,
  ref,
  type Resource,
  type Resources,
  type Statement,
  STEPS,
  sub,
} from "./names.ts";

const allow = (Action: string[], Resource: unknown): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
});

const RECORDS = ["dynamodb:GetItem", "dynamodb:UpdateItem"];
const QUERY = "dynamodb:Query";
const records = allow(RECORDS, arnOf("Table"));

/**
 * Records of these partitions alone. `R#`: recipes with their runs. `T#`: triggers and questions. `C#`: cancels. `N#`: what
 * people are to be told. Tokens, people and sources are in other ones. IAM looks at the partition key of the one item, or
 * the one partition, that a call is about (DynamoDB developer guide, IAM policy conditions for fine-grained access control).
 */
function recordsIn(partitions: string[], actions: string[] = RECORDS): Statement {
  const Condition = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": partitions } };
  return { ...allow(actions, arnOf("Table")), Condition };
}
const dueIndex = allow([QUERY], sub("${Table.Arn}/index/due"));

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

/** Mail in the name of one identity, an address or domain that this account has verified. Empty: none. */
const sendMail = (identity: string): Statement[] =>
  identity === ""
    ? []
    : [
        allow(
          ["ses:SendEmail"],
          sub(`arn:\${AWS::Partition}:ses:\${AWS::Region}:\${AWS::AccountId}:identity/${identity}`),
        ),
      ];

/** Texts that hold secrets. */
export interface StoredPlaces {
  /** Where clouds.yaml is kept. */
  clouds: StoredPlace;
  /** Where the senders of webhooks are kept. */
  senders: StoredPlace;
  /** Where the key that signs cookies is kept. */
  sessionKey: StoredPlace;
  /** Where the settings of the OpenID provider are kept. */
  oidc: StoredPlace;
  /** Where the key that signs statements of images is kept. */
  signingKey: StoredPlace;
  /** ARN of the key that encrypts them; empty: AWS's own, whose policy lets everybody decrypt who may read. */
  secretsKey: string;
  /** The identity of SES that mail is sent as; empty: no mail is sent. */
  mailFrom: string;
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

/**
 * A role that this service takes on for this account alone (IAM user guide, The confused deputy problem). Lambda sends the
 * account along as well: https://github.com/aws/agent-toolkit-for-aws has such a role for Lambda.
 */
function role(service: string, statements: Statement[]): Resource {
  const policy = (Statement: object[]) => ({ Version: "2012-10-17", Statement });
  const trust = {
    Effect: "Allow",
    Principal: { Service: `${service}.amazonaws.com` },
    Action: "sts:AssumeRole",
    Condition: { StringEquals: { "aws:SourceAccount": ref("AWS::AccountId") } },
  };
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: policy([trust]),
      Policies: [{ PolicyName: "all-it-does", PolicyDocument: policy(statements) }],
    },
  };
}

/** One role per function, which allows what its code does and nothing more: test/aws/template.test.ts compares. */
export function roles(
  { clouds, senders, sessionKey, oidc, signingKey, secretsKey, mailFrom }: StoredPlaces,
  { traced, network, name: prefix }: { traced: boolean; network: Network; name: string },
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
    return ofFunction(
      step,
      own,
      records,
      send(STEPS),
      ...readStored(clouds, secretsKey),
      ...(step === "promote-image" ? readStored(signingKey, secretsKey) : []),
      ...interfaceStatements(network, `${prefix}-${step}`),
    );
  });
  const everyDeadLetter = receive(QUEUED.map((step) => logicalId(step, "DeadLetters")));
  return merged([
    ofFunction(
      "on-schedule",
      recordsIn(["K#home", "K#tick", "R#*", "T#*"]),
      send(["prepare-source"]),
    ),
    ofFunction("sweep", dueIndex, records, send(QUEUED)),
    ofFunction("check-freshness", dueIndex, records),
    ofFunction(
      "on-webhook",
      recordsIn(["K#home", "R#*", "T#*"]),
      send(["prepare-source"]),
      ...readStored(senders, secretsKey),
    ),
    ofFunction(
      "on-command",
      recordsIn(["C#*", "K#home", "R#*", "T#*"], [...RECORDS, QUERY]),
      send(["prepare-source", "promote-image", "retire-images", "notify"]),
      ...readStored(senders, secretsKey),
    ),
    ofFunction("on-hook", recordsIn(["R#*"]), send(["prepare-source"])),
    ofFunction(
      "dashboard",
      records,
      allow([QUERY, "dynamodb:BatchGetItem"], arnOf("Table")),
      allow([QUERY], [sub("${Table.Arn}/index/due"), sub("${Table.Arn}/index/day")]),
      send(["prepare-source", "promote-image", "retire-images"]),
      ...readStored(sessionKey, secretsKey),
      ...readStored(oidc, secretsKey),
    ),
    ofFunction(
      "notify",
      receive([logicalId("notify", "Queue")]),
      recordsIn(["K#dead-letters", "N#*", "R#*"], [...RECORDS, QUERY]),
      ...sendMail(mailFrom),
      send(["notify", "prepare-source"]),
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

/** EventBridge Scheduler starts a function by this role. */
export function schedulerRole(functions: readonly string[]): Resources {
  const invoke = allow(
    ["lambda:InvokeFunction"],
    functions.map((name) => arnOf(madeFor(name, "LambdaFunction"))),
  );
  return { SchedulerRole: role("scheduler", [invoke]) };
}
