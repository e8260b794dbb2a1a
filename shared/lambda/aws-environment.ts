import * as z from "zod/mini";
import type { ServiceName } from "../aws/error.ts";
import type { AwsAccess } from "../aws/seam.ts";

/** Where this installation's table and queues are, and how AWS is reached. */
export interface AwsEnvironment {
  table: string;
  queueUrlPrefix: string;
  access: (service: Reachable) => AwsAccess;
}

/** SES speaks REST, unlike the others. */
type Reachable = ServiceName | "sesv2";

/** As AWS's own tools have them (AWS SDKs and tools reference guide, identifiers for service-specific endpoints). */
const ENDPOINTS = {
  dynamodb: "AWS_ENDPOINT_URL_DYNAMODB",
  sqs: "AWS_ENDPOINT_URL_SQS",
  ssm: "AWS_ENDPOINT_URL_SSM",
  secretsmanager: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
  events: "AWS_ENDPOINT_URL_EVENTBRIDGE",
  sesv2: "AWS_ENDPOINT_URL_SESV2",
} as const satisfies Record<Reachable, string>;

const required = (remedy: string) => z.string({ error: `is not set. ${remedy}` });
const url = z.url({ protocol: /^https?$/, error: "is no http or https URL" });
const endpoint = z.optional(url);
const onLambda = "On Lambda it is there; elsewhere export it";

const variablesSchema = z.object({
  REGILD_TABLE: required("Set it to the name of the stack's DynamoDB table"),
  REGILD_QUEUE_URL_PREFIX: z.pipe(
    required(
      "Set it to what all queue URLs of the stack begin with: https://sqs.REGION.amazonaws.com/ACCOUNT/SERVICE-STAGE-",
    ),
    url,
  ),
  AWS_REGION: required(`${onLambda}: eu-west-1`).check(
    z.regex(/^[a-z0-9-]+$/, "is no region: eu-west-1, for example"),
  ),
  AWS_ACCESS_KEY_ID: required(`${onLambda}: aws configure export-credentials --format env`),
  AWS_SECRET_ACCESS_KEY: required(`${onLambda}: aws configure export-credentials --format env`),
  AWS_SESSION_TOKEN: z.optional(z.string()),
  AWS_ENDPOINT_URL: endpoint,
  AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  AWS_ENDPOINT_URL_SQS: endpoint,
  AWS_ENDPOINT_URL_SSM: endpoint,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
  AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint,
  AWS_ENDPOINT_URL_SESV2: endpoint,
});

/** @throws Error that names every variable that is missing or malformed, and never what a secret one holds. */
export function awsEnvironment(env: NodeJS.ProcessEnv = process.env): AwsEnvironment {
  // An empty variable is one that is not set, as in AWS's own tools.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const read = variablesSchema.safeParse(set);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
    throw new Error(problems.join("\n"));
  }
  const variables = read.data;
  const region = variables.AWS_REGION;
  const credentials = {
    accessKeyId: variables.AWS_ACCESS_KEY_ID,
    secretAccessKey: variables.AWS_SECRET_ACCESS_KEY,
    sessionToken: variables.AWS_SESSION_TOKEN ?? null,
  };
  return {
    table: variables.REGILD_TABLE,
    queueUrlPrefix: variables.REGILD_QUEUE_URL_PREFIX,
    access: (service) => {
      const set = variables[ENDPOINTS[service]] ?? variables.AWS_ENDPOINT_URL;
      return { endpoint: set ?? publicEndpoint(service, region), region, credentials };
    },
  };
}

function publicEndpoint(service: Reachable, region: string): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const host = service === "sesv2" ? "email" : service;
  return `https://${host}.${region}.${domain}`;
}
