import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { FUNCTIONS } from "../../deploy/bundle.ts";
import { ROUTED, SCHEDULED, STEPS } from "../../deploy/names.ts";
import { resources } from "../../deploy/resources.ts";
import { callsOfAdapters, type Code, codeOf, readableBundle } from "./template/calls.ts";
import { compile, type Resource, type Template, templateSchema } from "./template/compiled.ts";
import { badPermissions, functionNamed, overOrUnderAllowed } from "./template/permissions.ts";
import { badAccessLogs, openBuckets } from "./template/exposure.ts";
import { unwritten, writtenMetrics } from "./template/own-metrics.ts";
import { unresolved } from "./template/references.ts";
import { badRoutes } from "./template/routes.ts";
import { unspecified } from "./template/specification.ts";
import { withoutTls } from "./template/tls-only.ts";
import { badStreams } from "./template/streams.ts";
import { badQueues, badSchedules, badTable, keptForEver, unwatched } from "./template/wiring.ts";

let compiled: ReturnType<typeof compile>;
let adapters: Awaited<ReturnType<typeof callsOfAdapters>>;
const texts = new Map<string, string>();
const codes = new Map<string, Code>();

beforeAll(async () => {
  compiled = compile();
  adapters = await callsOfAdapters();
  for (const name of FUNCTIONS) {
    const text = await readableBundle(name);
    texts.set(name, text);
    codes.set(name, codeOf(text, adapters));
  }
}, 120_000);
afterAll(() => compiled[Symbol.dispose]());

/** The template with a mistake planted in one resource. */
function planted(id: string, plant: (resource: Resource, template: Template) => void): Template {
  const template = structuredClone(compiled.template);
  const resource = template.Resources[id];
  if (resource === undefined) throw new Error(`there is no ${id} to plant a mistake in`);
  plant(resource, template);
  return template;
}

/** The template in whose text something is written otherwise. */
function rewritten(id: string, from: string | RegExp, to: string): Template {
  return planted(id, (resource, template) => {
    const before = JSON.stringify(resource);
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${id} has no ${String(from)}`);
    template.Resources[id] = JSON.parse(after);
  });
}

describe("CloudFormation knows every type, property and kind of value", () => {
  it("of the template", () => expect(unspecified(compiled.template)).toEqual([]));

  it.each([
    ["AbandonQueue", "AWS::SQS::Queue", "AWS::SQS::Line", "there is no type AWS::SQS::Line"],
    ["AbandonQueue", "VisibilityTimeout", "Visibility", "AbandonQueue.Visibility is not known"],
    ["AbandonQueue", '"VisibilityTimeout":1800', '"VisibilityTimeout":"30m"', "is no number"],
    ["Table", "PointInTimeRecoveryEnabled", "Enabled", "Specification.Enabled is not known"],
    ["Table", '"AttributeName":"pk",', "", "[0].AttributeName is missing"],
    ["SweepRole", "AssumeRolePolicyDocument", "Policy", "AssumeRolePolicyDocument is missing"],
    ["SweepErrorsAlarm", '[{"Ref":"Alarms"}]', '{"topic":"Alarms"}', "Actions is no list"],
  ])("caught in %s: %s written %s", (id, from, to, problem) => {
    expect(unspecified(rewritten(id, from, to)).join("\n")).toContain(problem);
  });
});

describe("every reference leads somewhere", () => {
  it("in the template", () => expect(unresolved(compiled.template)).toEqual([]));

  it.each([
    ["SweepErrorsAlarm", '{"Ref":"Alarms"}', '{"Ref":"Alarm"}', "nothing is named Alarm"],
    ["SweepRole", '["Table","Arn"]', '["Tables","Arn"]', "no resource is named Tables"],
    ["SweepRole", '["Table","Arn"]', '["Table","ARN"]', "Table has no attribute ARN"],
    ["SweepRole", "${Table.Arn}", "${Table.Name}", "Table has no attribute Name"],
    ["SweepLambdaFunction", '["SweepLogGroup"', '["SwepLogGroup"', "nothing is named SwepLogGroup"],
    ["AbandonDeadLetters", '"QueueName":"', '"X":{"Ref":"AbandonQueue"},"Y":"', "a circle: "],
  ])("caught in %s: %s written %s", (id, from, to, problem) => {
    expect(unresolved(rewritten(id, from, to)).join("\n")).toContain(problem);
  });
});

describe("roles allow actions that exist, on what is named", () => {
  it("in the template", async () => {
    expect(await badPermissions(compiled.template)).toEqual([]);
  });

  it.each([
    ["SweepRole", "sqs:SendMessage", "sqs:SendMessages", "no action sqs:SendMessages"],
    ["SweepRole", "sqs:SendMessage", "sqz:SendMessage", "no action sqz:SendMessage"],
    ["SweepRole", "sqs:SendMessage", "sqs:*", "sqs:* allows with a *"],
    ["SweepRole", "${Table.Arn}/index/due", "*", "a resource with a wildcard"],
    ["OnHookRole", "dynamodb:LeadingKeys", "dynamodb:LeadingKey", "a condition that dynamodb:GetI"],
    ["AbandonRole", "clouds.yaml", "clouds.yam?", "a resource with a wildcard"],
    ["SweepRole", '"Policies"', '"ManagedPolicyArns":["a"],"Policies"', "a managed policy"],
  ])("caught in %s: %s written %s", async (id, from, to, problem) => {
    expect((await badPermissions(rewritten(id, from, to))).join("\n")).toContain(problem);
  });
});

describe("a role allows what its function does, no more and no less", () => {
  it("for every function", () => {
    expect(codes.size).toBe(21);
    expect(overOrUnderAllowed(compiled.template, codes)).toEqual([]);
  });

  it.each([
    ["SweepRole", '"dynamodb:Query"', '"dynamodb:Query","dynamodb:Scan"', "allows dynamodb:Scan"],
    ["SweepRole", '"dynamodb:GetItem",', "", "lacks dynamodb:GetItem on Table"],
    ["SweepRole", '/index/due"', '/index/day"', "lacks dynamodb:Query on Table/index/due"],
    ["AbandonRole", '["AbandonQueue","Arn"]', '["CheckStatusQueue","Arn"]', "lacks sqs:Receive"],
    ["AbandonRole", '"ssm:GetParameter"', '"ssm:GetParameters"', "lacks ssm:GetParameter on arn:"],
    ["AbandonRole", "clouds.yaml", "other.yaml", "lacks ssm:GetParameter on arn:"],
    ["OnScheduleRole", '["PrepareSourceQueue","Arn"]', '["AbandonQueue","Arn"]', "never done"],
    ["OnWebhookRole", "senders.json", "clouds.yaml", "lacks ssm:GetParameter on arn:"],
    ["OnDashwebhookLambdaFunction", "_SENDERS", "_SENDER", "REGILD_SENDERS is not set"],
    ["DashboardRole", "session.key", "clouds.yaml", "lacks ssm:GetParameter on arn:"],
    ["DashboardRole", "oidc.json", "clouds.yaml", "lacks ssm:GetParameter on arn:"],
    ["DashboardRole", '/index/day"', '/index/all"', "lacks dynamodb:Query on Table/index/day"],
    ["DashboardRole", '"dynamodb:BatchGetItem"', '"dynamodb:Scan"', "allows dynamodb:Scan"],
    [
      "DashboardRole",
      "RetireImagesQueue",
      "AbandonQueue",
      "sqs:SendMessage on AbandonQueue: never",
    ],
    ["DashboardLambdaFunction", "_SESSION_KEY", "_KEY", "REGILD_SESSION_KEY is not set"],
    ["DashboardLambdaFunction", "_OIDC", "_ID", "REGILD_OIDC is not set"],
    ["PromoteImageRole", "signing.pem", "session.key", "lacks ssm:GetParameter on arn:"],
    ["AbandonRole", "clouds.yaml", "signing.pem", "parameter/regild/prod/signing.pem: never done"],
    ["PromoteDashimageLambdaFunction", "_SIGNING_KEY", "_KEY", "REGILD_SIGNING_KEY is not set"],
    ["PublishEventsRole", '["EventBus","Arn"]', '["Table","Arn"]', "lacks events:PutEvents on Ev"],
    ["PublishEventsRole", "StreamArn", "Arn", "lacks dynamodb:GetRecords on Table/stream"],
    [
      "PublishEventsRole",
      '"dynamodb:ListStreams"',
      '"dynamodb:Scan"',
      "lacks dynamodb:ListStreams",
    ],
    ["PublishEventsRole", "PublishEventsFailures", "AbandonQueue", "lacks sqs:SendMessage on Publ"],
    ["PublishDasheventsLambdaFunction", "_EVENT_BUS", "_BUS", "REGILD_EVENT_BUS is not set"],
    [
      "OnHookRole",
      '["R#*"]',
      '["R#*","K#*"]',
      'OnHookRole lacks dynamodb:UpdateItem on Table if {"',
    ],
    ["OnHookRole", "ForAllValues:StringLike", "StringNotLike", "dynamodb:GetItem on Table if {"],
    [
      "OnHookRole",
      /,"Condition":\{"ForAllValues[^}]+\}\}/,
      "",
      "allows dynamodb:UpdateItem on Table: never done",
    ],
    ["DeadLettersRole", "lambda.amazonaws.com", "ec2.amazonaws.com", "is not for Lambda"],
    ["DeadLettersRole", "aws:SourceAccount", "aws:SourceVpc", "is not for Lambda"],
    ["DeadLettersRole", /,"Condition":\{[^}]+\}\}\}/, "", "is not for Lambda"],
    ["SweepLambdaFunction", "REGILD_TABLE", "REGILD_TABLES", "REGILD_TABLE is not set"],
    ["SweepLambdaFunction", "REGILD_TABLE", "REGILD_TABLES", "REGILD_TABLES is set, and never"],
  ])("caught in %s: %s written %s", (id, from, to, problem) => {
    expect(overOrUnderAllowed(rewritten(id, from, to), codes).join("\n")).toContain(problem);
  });

  it.each([
    ["store.ended(day, 10)", "SweepRole lacks dynamodb:BatchGetItem on Table"],
    ["deps.store.range(pk, prefix, 10)", "SweepRole lacks dynamodb:Query on Table"],
    ["env.REGILD_CLOUDS", "REGILD_CLOUDS is not set"],
    ["readSecret(client, name)", "SweepRole lacks secretsmanager:GetSecretValue"],
  ])("caught in code that comes to say %s", (line, problem) => {
    const text = `${texts.get("sweep")}\n// shared/protocol/new.ts\n${line};\n`;
    const code = new Map([["sweep", codeOf(text, adapters)]]);
    expect(overOrUnderAllowed(compiled.template, code).join("\n")).toContain(problem);
  });

  it.each([
    ["sweep", /await store\d*\.due\(/],
    ["sweep", /queue\d*\.send\(/],
    ["abandon", /readParameter\d*\(/],
    ["publish-events", /bus\d*\.put\(/],
  ])("caught in %s that no longer has %s", (name, line) => {
    const without = texts.get(name)?.replaceAll(new RegExp(line, "g"), "nothing(") ?? "";
    const code = new Map([[name, codeOf(without, adapters)]]);
    expect(overOrUnderAllowed(compiled.template, code).join("\n")).toContain(": never done");
  });

  it.each([
    ["shared/steps/new.ts", "table.due(0, now, 10)"],
    ["shared/steps/new.ts", "store.scan()"],
    ["shared/steps/new.ts", "deps.queue.putBack(name, body)"],
    ["shared/steps/new.ts", "bus.remove(rule)"],
    ["shared/lambda/new.ts", 'client.call("DeleteItem", table, {})'],
    ["shared/lambda/new.ts", 'headers["X-Amz-Target"] = "AmazonSNS.Publish"'],
    ["node_modules/@aws-sdk/client-sns/index.js", "publish()"],
  ])("%s is not passed over when it calls AWS as nobody does: %s", (file, line) => {
    expect(() => codeOf(`\n// ${file}\n${line};\n`, adapters)).toThrow("unseen");
  });
});

/** What serverless is given with these settings in `custom`. */
function madeWith(settings: object) {
  const custom = {
    name: "regild-prod",
    visibility: 1800,
    receives: 5,
    tracing: false,
    clouds: "/regild/prod/clouds.yaml",
    senders: "/regild/prod/senders.json",
    sessionKey: "/regild/prod/session.key",
    oidc: "/regild/prod/oidc.json",
    signingKey: "/regild/prod/signing.pem",
    secretsKey: "",
    mailFrom: "",
    alarmsKey: "",
    subnets: "",
    securityGroups: "",
    edgeConcurrency: "",
    ...settings,
  };
  return resources({ resolveConfigurationProperty: async () => custom });
}

describe("a role reads clouds.yaml, senders.json, session.key, oidc.json or signing.pem where it is kept, and nothing else", () => {
  const KEY = "arn:aws:kms:eu-west-1:123456789012:key/1a2b";
  const SECRET = "secret:regild/prod/clouds.yaml";
  const PARAMETER = "/regild/prod/clouds.yaml";
  const SENDERS = "/regild/prod/senders.json";

  /** The template as it is with other settings in `custom`. */
  async function keptIn(
    clouds: string,
    secretsKey: string,
    senders = clouds.replace("clouds.yaml", "senders.json"),
  ): Promise<Template> {
    const sessionKey = clouds.replace("clouds.yaml", "session.key");
    const oidc = clouds.replace("clouds.yaml", "oidc.json");
    const signingKey = clouds.replace("clouds.yaml", "signing.pem");
    const made = await madeWith({ clouds, senders, sessionKey, oidc, signingKey, secretsKey });
    const text = JSON.stringify({
      ...compiled.template,
      Resources: { ...compiled.template.Resources, ...made.Resources },
    });
    return templateSchema.parse(
      JSON.parse(
        text
          .replaceAll(`"REGILD_CLOUDS":"${PARAMETER}"`, `"REGILD_CLOUDS":"${clouds}"`)
          .replaceAll(`"REGILD_SENDERS":"${SENDERS}"`, `"REGILD_SENDERS":"${senders}"`)
          .replaceAll(
            '"REGILD_SESSION_KEY":"/regild/prod/session.key"',
            `"REGILD_SESSION_KEY":"${sessionKey}"`,
          )
          .replaceAll('"REGILD_OIDC":"/regild/prod/oidc.json"', `"REGILD_OIDC":"${oidc}"`)
          .replaceAll(
            '"REGILD_SIGNING_KEY":"/regild/prod/signing.pem"',
            `"REGILD_SIGNING_KEY":"${signingKey}"`,
          ),
      ),
    );
  }

  it("with the settings as they are, this is the very template", async () => {
    expect(await keptIn(PARAMETER, "")).toEqual(compiled.template);
  });

  it.each([
    [SECRET, ""],
    [SECRET, KEY],
    [PARAMETER, KEY],
  ])("%s, under the key %j", async (clouds, key) => {
    const template = await keptIn(clouds, key);
    expect(overOrUnderAllowed(template, codes, key === "" ? null : key)).toEqual([]);
    expect(await badPermissions(template)).toEqual([]);
    expect(unspecified(template)).toEqual([]);
  });

  it.each([
    [SECRET, "-??????", "-*", "a resource with a wildcard"],
    [SECRET, "/clouds.yaml-??????", "/cloud??????", "a resource with a wildcard"],
    [SECRET, "-??????", "", "AbandonRole lacks secretsmanager:GetSecretValue on arn:"],
    [SECRET, "secretsmanager:GetSecretValue", "ssm:GetParameter", "lacks secretsmanager:Get"],
    [SECRET, "key/1a2b", "key/other", `AbandonRole lacks kms:Decrypt on "${KEY}"`],
    [PARAMETER, "ssm:GetParameter", "secretsmanager:GetSecretValue", "lacks ssm:GetParameter"],
    [PARAMETER, "kms:Decrypt", "kms:Encrypt", `kms:Encrypt on "${KEY}": never done`],
  ])("caught with %s: %s written %s", async (clouds, from, to, problem) => {
    const template = await keptIn(clouds, KEY);
    const role = JSON.stringify(template.Resources["AbandonRole"]).replace(from, to);
    template.Resources["AbandonRole"] = JSON.parse(role);
    const problems = [
      ...overOrUnderAllowed(template, codes, KEY),
      ...(await badPermissions(template)),
    ];
    expect(problems.join("\n")).toContain(problem);
  });

  it.each([
    ["clouds.yaml", "", SENDERS, "is no place for clouds.yaml"],
    ["secret:*", "", SENDERS, "is no place for clouds.yaml"],
    [SECRET, "", "senders.json", "is no place for senders.json"],
    [SECRET, "alias/own", SENDERS, "secretsKey"],
  ])("a setting that would allow something else is refused: %s, %j, %s", async (...row) => {
    const [clouds, secretsKey, senders, problem] = row;
    await expect(keptIn(clouds, secretsKey, senders)).rejects.toThrow(problem);
  });
});

describe("mail", () => {
  const allowed = (template: Awaited<ReturnType<typeof madeWith>>): string[] =>
    Object.entries(template.Resources).flatMap(([id, resource]) =>
      JSON.stringify(resource).includes("ses:") ? [`${id} ${JSON.stringify(resource)}`] : [],
    );

  it("may be sent by notify alone, as the one identity that the deployment names", async () => {
    expect(allowed(await madeWith({}))).toEqual([]);
    const [role, ...others] = allowed(await madeWith({ mailFrom: "regild@example.com" }));
    expect(others).toEqual([]);
    expect(role).toMatch(/^NotifyRole /);
    expect(role).toContain(
      '{"Effect":"Allow","Action":["ses:SendEmail"],"Resource":{"Fn::Sub":"arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/regild@example.com"}}',
    );
  });

  it.each(["*", "example.com/*", "exa mple.com", "a@b@c.d", "identity/x"])(
    "no identity is named by %j",
    async (mailFrom) => {
      await expect(madeWith({ mailFrom })).rejects.toThrow("mailFrom");
    },
  );
});

describe("traces", () => {
  const tracing = z.object({ TracingConfig: z.strictObject({ Mode: z.literal("Active") }) });

  it("are sent by no function, and allowed to none, unless asked for", () => {
    expect(JSON.stringify(compiled.template)).not.toMatch(/TracingConfig|xray:/);
  });

  it("are sent by all functions when asked for, and allowed to their roles alone", async () => {
    using traced = compile("--param", "tracing=Active");
    const { template } = traced;
    for (const name of FUNCTIONS) {
      expect(tracing.safeParse(functionNamed(template, name)[1].Properties).success).toBe(true);
    }
    expect(unspecified(template)).toEqual([]);
    expect(await badPermissions(template)).toEqual([]);
    expect(overOrUnderAllowed(template, codes)).toEqual([]);
    expect(JSON.stringify(template.Resources["SchedulerRole"])).not.toContain("xray:");

    const unrecorded = JSON.stringify(template).replaceAll('"xray:PutTelemetryRecords"', "");
    expect(unrecorded).not.toBe(JSON.stringify(template));
    const without = templateSchema.parse(
      JSON.parse(unrecorded.replaceAll('PutTraceSegments",]', 'PutTraceSegments"]')),
    );
    expect(overOrUnderAllowed(without, codes)).toContain(
      'SweepRole lacks xray:PutTelemetryRecords on "*"',
    );
  }, 60_000);

  it("give no other action the * that they have", async () => {
    const open = rewritten("SweepRole", '{"Fn::GetAtt":["Table","Arn"]}', '"*"');
    expect(await badPermissions(open)).toEqual(["SweepRole: a resource with a wildcard"]);
    const both = rewritten(
      "SweepRole",
      /"Action":\["dynamodb:GetItem","dynamodb:UpdateItem"\],"Resource":[^}]+\}/,
      '"Action":["xray:PutTraceSegments","dynamodb:GetItem"],"Resource":"*"',
    );
    expect(await badPermissions(both)).toEqual(["SweepRole: a resource with a wildcard"]);
  });
});

it("the stack's line for a shell sets for the commands what functions have", () => {
  const { CommandLine } = z
    .object({ CommandLine: z.object({ Value: z.object({ "Fn::Sub": z.string() }) }) })
    .parse(compiled.template.Outputs);
  const [, sweep] = functionNamed(compiled.template, "sweep");
  const environment = JSON.stringify(sweep.Properties["Environment"]);
  const set = /^export AWS_REGION=(\S+) REGILD_TABLE=(\S+) REGILD_QUEUE_URL_PREFIX=(\S+)$/;
  const [, region, table, prefix] = set.exec(CommandLine.Value["Fn::Sub"]) ?? [];
  expect({ region, table }).toEqual({ region: "${AWS::Region}", table: "${Table}" });
  expect(environment).toContain('"REGILD_TABLE":{"Ref":"Table"}');
  expect(environment).toContain(`"REGILD_QUEUE_URL_PREFIX":{"Fn::Sub":"${prefix}"}`);
});

describe("every queue has its dead letters, and a function in good time", () => {
  it("in the template", () => expect(badQueues(compiled.template)).toEqual([]));

  const MAPPING = "CheckDashstatusEventSourceMappingSQSCheckStatusQueue";
  it.each([
    ["AbandonQueue", '"RedrivePolicy"', '"Other"', "AbandonQueue has no dead-letter queue"],
    ["AbandonQueue", "AbandonDeadLetters", "CreateImageDeadLetters", "is that of "],
    ["AbandonQueue", '"VisibilityTimeout":1800', '"VisibilityTimeout":1799', "shows a message"],
    ["AbandonDeadLetters", "1209600", "345600", "forgets what comes late"],
    [MAPPING, "CheckStatusQueue", "AbandonQueue", "CheckStatusQueue is received by nobody"],
    [MAPPING, "CheckStatusQueue", "AbandonQueue", "AbandonQueue is received by several functions"],
    [MAPPING, '"ReportBatchItemFailures"', "", "one failure fails the whole batch"],
    [MAPPING, '"ScalingConfig"', '"Scaling"', "has no maximum concurrency"],
    [
      "DeadDashlettersEventSourceMappingSQSAbandonDeadLetters",
      '"BatchSize":1',
      '"BatchSize":1,"ScalingConfig":{"MaximumConcurrency":2}',
      "is paid for being asked more often",
    ],
    [MAPPING, '"MaximumBatchingWindowInSeconds":1,', "", "a batch of 60 needs a window"],
  ])("caught in %s: %s written %s", (id, from, to, problem) => {
    expect(badQueues(rewritten(id, from, to)).join("\n")).toContain(problem);
  });
});

describe("what the table's stream tells is lost to nobody, and holds up nobody for long", () => {
  it("in the template", () => expect(badStreams(compiled.template)).toEqual([]));

  const MAPPING = "PublishDasheventsEventSourceMappingDynamodbTable";
  it.each([
    ['"ReportBatchItemFailures"', "", "one failure fails the whole batch"],
    ['"BisectBatchOnFunctionError":true', '"BisectBatchOnFunctionError":false', "is not halved"],
    ['"MaximumRecordAgeInSeconds":21600', '"MaximumRecordAgeInSeconds":-1', "holds up the others"],
    ['"MaximumRecordAgeInSeconds":21600,', "", "holds up the others"],
    ['"MaximumRecordAgeInSeconds":21600', '"MaximumRecordAgeInSeconds":86400', "holds up the oth"],
    ['"MaximumRetryAttempts":10000', '"MaximumRetryAttempts":-1', "is tried without end"],
    ["PublishEventsFailures", "AbandonDeadLetters", "that somebody receives"],
    ['"DestinationConfig"', '"Destination"', "nobody knows what it gave up"],
    ["TRIM_HORIZON", "LATEST", "begins with what comes after it was deployed"],
  ])("caught: %s written %s", (from, to, problem) => {
    expect(badStreams(rewritten(MAPPING, from, to)).join("\n")).toContain(problem);
  });

  it("caught in failures that are forgotten before somebody looks", () => {
    const template = rewritten("PublishEventsFailures", "1209600", "345600");
    expect(badStreams(template)).toEqual(["PublishEventsFailures forgets within days"]);
  });
});

describe("somebody is told", () => {
  it("by the template", () => expect(unwatched(compiled.template)).toEqual([]));

  it.each([
    ["AbandonAgeAlarm", "ApproximateAgeOfOldestMessage of AbandonQueue"],
    ["AbandonDeadLettersAlarm", "NumberOfMessagesReceived of AbandonDeadLetters"],
    ["AbandonDeadLettersAgeAlarm", "ApproximateAgeOfOldestMessage of AbandonDeadLetters"],
    ["SweepErrorsAlarm", "Errors of SweepLambdaFunction"],
    ["SweepThrottlesAlarm", "Throttles of SweepLambdaFunction"],
    ["WebhooksFailedAlarm", "5xx of HttpApi"],
    ["RequestsRefusedAlarm", "4xx of HttpApi"],
    ["RequestsThrottledAlarm", "RequestsThrottled"],
    ["SweepStoppedAlarm", "Invocations of SweepLambdaFunction"],
    ["RecipesOverdueAlarm", "regild_recipe_overdue of CheckDashfreshnessLambdaFunction"],
    [
      "CurrentImagesUnusableAlarm",
      "regild_recipe_current_unusable of CheckDashfreshnessLambdaFunction",
    ],
    ["RunsStandStillAlarm", "regild_sweep_sent_on_total of SweepLambdaFunction"],
    ["EventsLostAlarm", "regild_events_lost_total of PublishDasheventsLambdaFunction"],
    ["PublishEventsBehindAlarm", "IteratorAge of PublishDasheventsLambdaFunction"],
    ["PublishEventsFailuresAlarm", "ApproximateNumberOfMessagesVisible of PublishEventsFailures"],
  ])("caught without %s", (id, problem) => {
    const template = planted(id, (_, { Resources }) => delete Resources[id]);
    expect(unwatched(template)).toEqual([`no alarm: ${problem}`]);
  });

  it("watches only metrics that a function writes, as many as docs/aws-metrics.md gives the price of", async () => {
    const written = await writtenMetrics(compiled.template, texts);
    expect(unwritten(compiled.template, written)).toEqual([]);
    expect(written.size).toBe(69);
  });

  it.each([
    [
      "RecipesOverdueAlarm",
      "regild_recipe_overdue",
      "RecipesLate",
      "writes Regild RecipesLate Func",
    ],
    ["RecipesOverdueAlarm", '"Regild"', '"Regilt"', "nobody writes Regilt regild_recipe_overdue"],
    [
      "RecipesOverdueAlarm",
      "CheckDashfreshness",
      "Sweep",
      "regild_recipe_overdue FunctionName=regild",
    ],
    ["RunsStandStillAlarm", '"run"', '"runs"', "FunctionName=regild-prod-sweep kind=runs"],
    [
      "Dashboard",
      '\\"regild_sweep_sent_on_total\\"',
      '\\"Sent\\"',
      "Dashboard: nobody writes Regild Sent FunctionName",
    ],
    [
      "RunsStandStillAlarm",
      ',{"Name":"kind","Value":"run"}',
      "",
      "regild_sweep_sent_on_total FunctionName=regild",
    ],
    ["RequestsThrottledFilter", "RequestsThrottled", "Throttled", "Regild/HttpApi RequestsThrottl"],
    ["RequestsThrottledFilter", "HttpApiLogGroup", "HttpApi", "Regild/HttpApi RequestsThrottled"],
  ])("caught in %s: %s written %s", async (id, from, to, problem) => {
    const written = await writtenMetrics(compiled.template, texts);
    const [only = "", ...others] = unwritten(rewritten(id, from, to), written);
    expect(only).toContain(problem);
    expect(others).toEqual([]);
  });

  it.each([
    ["check-status", /measurements\d*\.watched\(/, "regild-prod-check-status"],
    [
      "sweep",
      /measurements\d*\.awsCallRepeated\(/,
      "regild_aws_requests_repeated_total FunctionName=regild-prod-sweep",
    ],
  ])("caught in %s that no longer has %s", async (name, seam, problem) => {
    const without = texts.get(name)?.replaceAll(new RegExp(seam, "g"), "nothing(") ?? "";
    const written = await writtenMetrics(compiled.template, new Map([...texts, [name, without]]));
    expect(unwritten(compiled.template, written).join("\n")).toContain(problem);
  });

  it("caught in an alarm without an action", () => {
    const template = rewritten("SweepErrorsAlarm", '"AlarmActions"', '"Actions"');
    expect(unwatched(template)).toEqual(["SweepErrorsAlarm tells nobody"]);
  });
});

describe("schedules may start what they are to start", () => {
  const scheduled = () => SCHEDULED.map((name) => functionNamed(compiled.template, name)[0]);
  const problemsOf = (template: Template) => badSchedules(template, scheduled()).join("\n");

  it("in the template", () => expect(problemsOf(compiled.template)).toBe(""));

  it.each([
    ["SchedulerRole", "SweepLambdaFunction", "AbandonLambdaFunction", "may not invoke Sweep"],
    ["SchedulerRole", "lambda:InvokeFunction", "lambda:GetFunction", "may not invoke Sweep"],
    ["SchedulerRole", "scheduler.amazonaws.com", "events.amazonaws.com", "is not for schedules"],
    ["SchedulerRole", "aws:SourceAccount", "aws:SourceVpc", "is not for schedules"],
    ["SweepSchedulerSchedule1", "SchedulerRole", "SweepRole", "its role is not for schedules"],
    ["SweepSchedulerSchedule1", "SweepLambda", "AbandonLambda", "SweepLambdaFunction is started"],
  ])("caught in %s: %s written %s", (id, from, to, problem) => {
    expect(problemsOf(rewritten(id, from, to))).toContain(problem);
  });
});

describe("routes lead to their function, and are not open to any number of requests", () => {
  it("in the template", () => expect(badRoutes(compiled.template)).toEqual([]));

  const PERMISSION = "OnDashwebhookLambdaPermissionHttpApi";
  const INTEGRATION = "HttpApiIntegrationOnDashwebhook";
  it.each([
    [PERMISSION, "OnDashwebhookLambda", "SweepLambda", "the API may not start OnDashwebhook"],
    [PERMISSION, "apigateway.amazonaws", "events.amazonaws", "the API may not start OnDashwebhook"],
    [PERMISSION, '"HttpApi"', '"HttpApis"', "the API may not start OnDashwebhook"],
    [
      PERMISSION,
      '"SourceArn"',
      '"SourceAccount"',
      "may start OnDashwebhookLambdaFunction from anywhere",
    ],
    [INTEGRATION, "OnDashwebhookLambda", "SweepLambda", "the API may not start Sweep"],
    [INTEGRATION, '"2.0"', '"1.0"', "hands over what no function reads"],
    [INTEGRATION, "30000", "27000", "gives up before its function"],
    ["HttpApiStage", '"ThrottlingRateLimit":10', '"Rate":10', "takes any number of requests"],
    ["HttpApiStage", '"ThrottlingBurstLimit":20', '"Burst":20', "takes any number of requests"],
    ["HttpApiRoutePostWebhooksSenderVar", "HttpApiIntegration", "HttpApi", "leads nowhere"],
  ])("caught in %s: %s written %s", (id, from, to, problem) => {
    expect(badRoutes(rewritten(id, from, to)).join("\n")).toContain(problem);
  });
});

describe("the table is the one that the store is tested on", () => {
  it("in the template", () => expect(badTable(compiled.template)).toEqual([]));

  it.each([
    ['"IndexName":"due"', '"IndexName":"dew"', "GlobalSecondaryIndexes"],
    ["KEYS_ONLY", "ALL", "GlobalSecondaryIndexes"],
    ['"PAY_PER_REQUEST"', '"PROVISIONED"', "BillingMode"],
    ['"PointInTimeRecoveryEnabled":true', '"PointInTimeRecoveryEnabled":false', "PointInTime"],
    ['"DeletionProtectionEnabled":true', '"DeletionProtectionEnabled":false', "DeletionProtect"],
    ['"SSEEnabled":true', '"SSEEnabled":false', "SSEEnabled"],
    ["expiresAtSeconds", "expiresAtMs", "expiresAtMs is no time to live"],
    ["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "StreamViewType"],
  ])("caught: %s written %s", (from, to, problem) => {
    expect(badTable(rewritten("Table", from, to)).join("\n")).toContain(problem);
  });
});

describe("no queue answers without TLS", () => {
  it("in the template", () => expect(withoutTls(compiled.template)).toEqual([]));

  it.each([
    ['"aws:SecureTransport":"false"', '"aws:SecureTransport":"true"'],
    ['"Effect":"Deny"', '"Effect":"Allow"'],
    ['"sqs:*"', '"sqs:SendMessage"'],
    ['"Queues":[{"Ref":"AbandonQueue"}]', '"Queues":[]'],
    ['["AbandonQueue","Arn"]', '["CheckStatusQueue","Arn"]'],
  ])("caught: %s written %s", (from, to) => {
    expect(withoutTls(rewritten("AbandonQueuePolicy", from, to))).toEqual(["AbandonQueue"]);
  });
});

describe("the bucket of the packages", () => {
  it("can be opened to nobody", () => expect(openBuckets(compiled.template)).toEqual([]));

  it.each(["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"])(
    "caught without %s",
    (name) => {
      const open = rewritten("ServerlessDeploymentBucket", `"${name}":true`, `"${name}":false`);
      expect(openBuckets(open)).toEqual(["ServerlessDeploymentBucket"]);
    },
  );
});

describe("every request to the API leaves a line in a log", () => {
  it("without anything that a sender wrote", () =>
    expect(badAccessLogs(compiled.template)).toEqual([]));

  it.each([
    ['"AccessLogSettings"', '"LogSettings"', "HttpApiStage logs no request"],
    ["$context.routeKey", "$context.path", "HttpApiStage logs what a sender wrote"],
    ["$context.status", "$context.stage", "HttpApiStage: nobody can count its answers"],
  ])("caught: %s written %s", (from, to, problem) => {
    expect(badAccessLogs(rewritten("HttpApiStage", from, to))).toEqual([problem]);
  });
});

describe("settings of a deployment", () => {
  const inVpc = z.object({
    VpcConfig: z.strictObject({
      SubnetIds: z.tuple([z.literal("subnet-0a1"), z.literal("subnet-0b2")]),
      SecurityGroupIds: z.tuple([z.literal("sg-0c3")]),
    }),
  });
  const reserved = z.object({ ReservedConcurrentExecutions: z.literal(4) });

  it("subnets hold the functions that call clouds, and edgeConcurrency bounds those behind the API", async () => {
    using made = compile(
      ...["subnets=subnet-0a1,subnet-0b2", "securityGroups=sg-0c3", "edgeConcurrency=4"].flatMap(
        (param) => ["--param", param],
      ),
    );
    const { template } = made;
    const are = (schema: z.ZodMiniType) =>
      FUNCTIONS.filter(
        (name) => schema.safeParse(functionNamed(template, name)[1].Properties).success,
      ).toSorted();
    expect(are(inVpc)).toEqual([...STEPS].toSorted());
    expect(are(reserved)).toEqual([...ROUTED].toSorted());
    expect(unspecified(template)).toEqual([]);
    expect(await badPermissions(template)).toEqual([]);
    expect(overOrUnderAllowed(template, codes)).toEqual([]);
    const free = JSON.parse(JSON.stringify(template).replaceAll('"Deny"', '"Allow"'));
    expect(overOrUnderAllowed(templateSchema.parse(free), codes).join("\n")).toContain(
      "AbandonRole lacks no ec2:CreateNetworkInterface",
    );
  }, 60_000);

  it.each([
    [{ subnets: "subnet-0a1" }, "subnets and securityGroups: set both, or none"],
    [{ subnets: "vpc-0a1", securityGroups: "sg-0c3" }, "subnet-… is expected"],
    [{ subnets: "subnet-0a1", securityGroups: "sg-0c3 sg-0d4" }, "sg-… is expected"],
    [{ edgeConcurrency: "none" }, "edgeConcurrency"],
    [{ edgeConcurrency: 0 }, "edgeConcurrency"],
    [{ alarmsKey: "alias/aws/sns" }, "alarmsKey"],
  ])("%j is refused", async (settings, problem) => {
    await expect(madeWith(settings)).rejects.toThrow(problem);
  });

  it("a key of your own encrypts the topic of the alarms", async () => {
    const alarmsKey = "arn:aws:kms:eu-west-1:123456789012:key/1a2b";
    const { Resources } = await madeWith({ alarmsKey });
    expect(Resources["Alarms"]?.Properties).toEqual({ KmsMasterKeyId: alarmsKey });
  });
});

describe("logs are kept for a time", () => {
  it("by the template", () => expect(keptForEver(compiled.template)).toEqual([]));

  it.each([
    ["SweepLogGroup", '"RetentionInDays"', '"Retention"', "SweepLogGroup keeps its logs for ever"],
    ["SweepLogGroup", "prod-sweep", "prod-swept", "there is no log group /aws/lambda/regild-prod"],
  ])("caught in %s: %s written %s", (id, from, to, problem) => {
    expect(keptForEver(rewritten(id, from, to)).join("\n")).toContain(problem);
  });
});

describe("a function's package", () => {
  it.each(FUNCTIONS)("of %s holds what it runs, and nothing else", (name) => {
    const handler = functionNamed(compiled.template, name)[1].Properties["Handler"];
    const file = String(handler).replace(/\.handler$/, ".cjs");
    const recipes = /^on-(?!hook)|^check-freshness$|^dashboard$/.test(name)
      ? ["dist/recipes.json"]
      : [];
    expect([...compiled.files(name).keys()].toSorted()).toEqual([file, ...recipes]);
  });
});
