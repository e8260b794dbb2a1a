export type ServiceName = "dynamodb" | "sqs" | "ssm" | "secretsmanager" | "events";

interface Service {
  /** As people call it. */
  name: string;
  /** What a call is about there. */
  thing: string;
  /** What to do where there is none of that name. */
  provide: (on: string) => string;
  /** What is to be allowed besides the action itself. */
  alsoAllow?: string;
}

const deploy = (variable: string) => () => `deploy the stack, or correct ${variable} or AWS_REGION`;
const ownKey = ", and kms:Decrypt on its key where that is your own (custom.secretsKey)";

const SERVICES: Record<ServiceName, Service> = {
  dynamodb: { name: "DynamoDB", thing: "table", provide: deploy("REGILD_TABLE") },
  sqs: { name: "SQS", thing: "queue", provide: deploy("REGILD_QUEUE_URL_PREFIX") },
  ssm: {
    name: "Systems Manager",
    thing: "parameter",
    provide: (on) =>
      `aws ssm put-parameter --name ${on} --type SecureString --value file://FILE, or correct its name in serverless.yml`,
    alsoAllow: ownKey,
  },
  secretsmanager: {
    name: "Secrets Manager",
    thing: "secret",
    provide: (on) =>
      `aws secretsmanager create-secret --name ${on} --secret-string file://FILE, or correct its name in serverless.yml`,
    alsoAllow: ownKey,
  },
  events: { name: "EventBridge", thing: "event bus", provide: deploy("REGILD_EVENT_BUS") },
};

/** What was asked, of what. */
export interface AwsCall {
  service: ServiceName;
  /** As IAM has it: `GetItem`, `SendMessage`. */
  action: string;
  /** The thing's name or URL. */
  on: string;
  region: string;
}

/** What AWS said instead of an answer. */
export interface Refusal {
  /** `ResourceNotFoundException` and the like; where nothing came back, or nothing of AWS's, what it was. */
  code: string;
  /** Whether AWS itself has said so, and not the way to it. */
  isAws: boolean;
  /** AWS's words. */
  text: string;
  requestId: string | null;
  /** Worth sending again. */
  passes: boolean;
}

/** AWS, or the way to it, gave no answer to be used. Whoever sees it has the message come again. */
export class AwsError extends Error {
  readonly code: string;
  /** The message in its parts. */
  readonly what: string;
  readonly remedy: string;
  readonly requestId: string | null;

  constructor(call: AwsCall, refusal: Refusal, tries: number) {
    const { code, text, requestId } = refusal;
    const { name, thing } = SERVICES[call.service];
    const said = isAboutCredentials(code) || text === "" ? "" : ` (${clipped(text)})`;
    const told = tries > 1 ? `, ${tries} times in a row` : "";
    const id = requestId === null ? "" : ` Request id ${requestId}`;
    const what = `${name} ${call.action}, ${thing} ${call.on}: ${code}${said}${told}`;
    const remedy = remedyOf(call, refusal);
    super(`${what}. ${remedy}${id}`);
    this.name = "AwsError";
    this.code = code;
    this.what = what;
    this.remedy = remedy;
    this.requestId = requestId;
  }
}

const THROTTLED =
  /^(ProvisionedThroughputExceeded|Throttling|RequestLimitExceeded|RequestThrottled|KmsThrottled)(Exception)?$/;
const CREDENTIALS =
  /^(UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|ExpiredToken)(Exception)?$/;
const MISSING = /^(ResourceNotFoundException|QueueDoesNotExist|ParameterNotFound)$/;
/** There is none of that name. */
export function isMissing(error: unknown): boolean {
  return error instanceof AwsError && MISSING.test(error.code);
}

/** A secret marked for deletion; a key that is disabled or gone (API references of Secrets Manager and Systems Manager). */
const UNUSABLE = /^(InvalidRequest|DecryptionFailure|InvalidKeyId)(Exception)?$/;
const FORBIDDEN = /^(AccessDenied|KmsAccessDenied)(Exception)?$/;

/** AWS quotes the request that a bad signature was for, session token included: its words are then not to be told. */
export function isAboutCredentials(code: string): boolean {
  return CREDENTIALS.test(code);
}

/** AWS asks for fewer calls: on-demand tables do so as well, when their load doubles within half an hour. */
export function isThrottled(code: string): boolean {
  return THROTTLED.test(code);
}

function remedyOf(
  { service, action, on, region }: AwsCall,
  { code, isAws, passes }: Refusal,
): string {
  const { thing, provide, alsoAllow = "" } = SERVICES[service];
  if (THROTTLED.test(code)) {
    return `Too many calls for this ${thing}: it passes, or raise its limits.`;
  }
  if (CREDENTIALS.test(code)) {
    return "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (they may have expired), and this machine's clock.";
  }
  if (MISSING.test(code)) {
    return `There is no such ${thing} in ${region}: ${provide(on)}.`;
  }
  if (UNUSABLE.test(code)) return `Restore this ${thing}, or its key.`;
  if (FORBIDDEN.test(code)) return `Allow ${service}:${action} on ${on} to this role${alsoAllow}.`;
  if (!isAws) {
    return "Check AWS_REGION, the AWS_ENDPOINT_URL variables and this network's way to AWS.";
  }
  if (passes) return "It should pass by itself: health.aws.amazon.com shows what AWS knows of.";
  return "This is a mistake in Regild: report it.";
}

const MAX_TEXT = 300;

function clipped(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
