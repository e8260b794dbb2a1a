import { sessionKeyOf } from "../access/session-key.ts";
import { GRACE_MS } from "../bounds.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DynamoDbStore } from "../aws/dynamodb-store.ts";
import { EventBus } from "../aws/event-bus.ts";
import { openHttps } from "../aws/https.ts";
import { isMissing } from "../aws/error.ts";
import { readParameter } from "../aws/parameter.ts";
import { readSecret } from "../aws/secret.ts";
import { SesMailer } from "../aws/ses-mailer.ts";
import { SqsQueue } from "../aws/sqs-queue.ts";
import { storedCallbacks } from "../callback/stored-callbacks.ts";
import { readAlone } from "../chat/shared-read.ts";
import { storedWorkspaces } from "../chat/stored-workspaces.ts";
import { storedTargets } from "../notify/stored-targets.ts";
import type { Timing } from "../ports.ts";
import { installationIdOf } from "../protocol/installation-id.ts";
import { storedSigningKey } from "../provenance/stored-key.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { storedOidc } from "../settings/stored-oidc.ts";
import { storedSenders } from "../webhook/stored-senders.ts";
import { awsClients } from "./aws-clients.ts";
import { awsEnvironment } from "./aws-environment.ts";
import type {
  CloudBackend,
  CommandBackend,
  DashboardBackend,
  EventBackend,
  RecipeBackend,
  ReportBackend,
  StoreBackend,
  WebhookBackend,
} from "./backend.ts";
import { openCloudHttp } from "./cloud-http.ts";
import { CloudsSource } from "./clouds-source.ts";
import { openMetrics } from "./embedded-metrics.ts";
import { openOutgoing } from "./outgoing.ts";
import { randomIds } from "./ids.ts";
import { subjectAtHand } from "./invocation.ts";
import { openLog } from "./logger.ts";
import { Measurements } from "./measurements.ts";
import { storedPlace } from "./stored-place.ts";
import { StoredText } from "./stored-text.ts";
import { lateSeconds } from "./uploads-seen.ts";

/** Clocks of many machines: a minute is far more than they differ by. For the rest see `LOCAL_TIMING`. */
const TIMING: Timing = {
  windowMs: 10_000,
  callTimeoutMs: 60_000,
  skewMs: 60_000,
  graceMs: GRACE_MS,
};

/** Once per process; a process whose environment is wrong says so at its first message, and at every other. */
/* @__NO_SIDE_EFFECTS__ */
function once<T>(open: () => T): () => T {
  let opened: { is: T } | undefined;
  return () => (opened ??= { is: open() }).is;
}

const measurements = new Measurements(() => Date.now());
const metrics = openMetrics({
  now: () => Date.now(),
  write: (line) => process.stdout.write(`${line}\n`),
});

/** Does the work of one invocation, and writes down what was measured meanwhile, however it ends. */
export async function measured<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    metrics.put(measurements.take());
  }
}

const client = once(() =>
  awsClients(awsEnvironment(), openHttps(), () => measurements.awsCallRepeated()),
);

const store = once((): StoreBackend => {
  const { table, queueUrlPrefix } = awsEnvironment();
  return {
    store: new DynamoDbStore(client()("dynamodb"), table),
    queue: new SqsQueue(client()("sqs"), queueUrlPrefix),
    ids: randomIds,
    log: openLog(),
    metrics,
    timing: TIMING,
    now: () => Date.now(),
  };
});

export async function storeBackend(): Promise<StoreBackend> {
  return store();
}

const events = once((): EventBackend => {
  const name = variable("REGILD_EVENT_BUS", "the stack's event bus");
  return { bus: new EventBus(client()("events"), name), log: openLog(), metrics };
});

export async function eventBackend(): Promise<EventBackend> {
  return events();
}

const clouds = once(() => {
  const { log, timing, now } = store();
  const place = variable("REGILD_CLOUDS", "the parameter or secret that holds clouds.yaml");
  return new CloudsSource({
    read: readerOf(place, "clouds.yaml"),
    file: place,
    http: (config) => measurements.watched(openCloudHttp(config, process.env), seenLate),
    log,
    timing,
    now,
  });
});

export async function cloudBackend(): Promise<CloudBackend> {
  return { ...store(), clouds: await clouds().open() };
}

/** Set by the build of the functions (deploy/bundle.ts). */
declare const REGILD_VERSION: string | undefined;

/** Of the function that makes statements of images. */
export async function promotionBackend(): Promise<CloudBackend> {
  const version = typeof REGILD_VERSION === "string" ? REGILD_VERSION : null;
  const attestation = { version, key: () => signingKey().get() };
  return { ...(await cloudBackend()), attestation };
}

/** The build that packaged them with the function has checked them. */
const recipes = once(() => {
  const path = variable("REGILD_RECIPES", "the file of recipes in the package");
  const text = readFileSync(join(process.env["LAMBDA_TASK_ROOT"] ?? "", path), "utf8");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- their schema would take a third of the edges' schemas
  const list = JSON.parse(text) as Recipe[];
  return new Map(list.map((recipe) => [recipe.name, recipe]));
});

let installationId: string | undefined;

async function ownInstallationId(): Promise<string> {
  return (installationId ??= await installationIdOf(store()));
}

export async function recipeBackend(): Promise<RecipeBackend> {
  return { ...store(), installationId: await ownInstallationId(), recipes: recipes() };
}

interface Optional<T> {
  /** Of the environment. */
  variable: string;
  what: string;
  file: string;
  /** What is so without it, and is logged then. */
  absent: string;
  text: string;
  parse: (text: string) => T;
  /** After a failure it is read again no sooner than this. Left out: with the next call. */
  retryAfterMs?: number;
}

/** Anybody may ask the functions that answer HTTP: while a text is broken, its store is asked no more often than this. */
const ASKED_BY_ANYBODY_MS = 10_000;

/** A text in the store of secrets that may be missing. */
/* @__NO_SIDE_EFFECTS__ */
function optional<T>(is: Optional<T>): () => StoredText<T> {
  return once(() => {
    const { log, now } = store();
    const place = variable(is.variable, `the parameter or secret that holds the ${is.what}`);
    const stored = readerOf(place, is.file);
    const read = async () => {
      try {
        return await stored();
      } catch (error) {
        if (!isMissing(error)) throw error;
        log.info(is.absent, { file: place });
        return is.text;
      }
    };
    const { parse, retryAfterMs = 0 } = is;
    return new StoredText({ read, parse, file: place, log, now, retryAfterMs });
  });
}

/** What regild.yml holds. A process reads only the part that it needs. */
/* @__NO_SIDE_EFFECTS__ */
function settings<T>(parse: (text: string) => T, retryAfterMs = 0): () => StoredText<T> {
  return optional({
    retryAfterMs,
    variable: "REGILD_SENDERS",
    what: "senders",
    file: "senders.json",
    absent: "nobody may send webhooks or commands, since there are no senders",
    text: '{"senders":{}}',
    parse,
  });
}

const senders = settings(storedSenders, ASKED_BY_ANYBODY_MS);
const workspaces = settings(storedWorkspaces);
const callbacks = settings(storedCallbacks);
const targets = settings(storedTargets);

export async function webhookBackend(): Promise<WebhookBackend> {
  return { ...store(), recipes, senders: () => senders().get(), installationId: ownInstallationId };
}

export async function commandBackend(): Promise<CommandBackend> {
  return {
    ...store(),
    recipes,
    chat: () => workspaces().get(),
    installationId: ownInstallationId,
    sharedRead: readAlone,
  };
}

const signingKey = optional({
  variable: "REGILD_SIGNING_KEY",
  what: "key that signs statements of images",
  file: "signing.pem",
  absent: "statements of images are not signed, since there is no signing.pem",
  text: "",
  parse: storedSigningKey,
});

const sessionKey = optional({
  variable: "REGILD_SESSION_KEY",
  what: "session key",
  file: "session.key",
  absent: "nobody can sign in to the page, since there is no session key",
  text: "",
  parse: (text) => (text === "" ? null : sessionKeyOf(text)),
  retryAfterMs: ASKED_BY_ANYBODY_MS,
});

const oidc = optional({
  variable: "REGILD_OIDC",
  what: "settings of the OpenID provider",
  file: "oidc.json",
  absent: "people sign in to the page with tokens alone, since there is no oidc.json",
  text: "",
  parse: storedOidc,
  retryAfterMs: ASKED_BY_ANYBODY_MS,
});

/** The provider is reached as clouds are. */
const providerHttp: DashboardBackend["providerHttp"] = ({ cacert }) => {
  const tls = { cacert: cacert ?? null, cert: null, key: null, verify: true };
  return openCloudHttp({ tls, proxy: null }, process.env, "oidc.json");
};

export async function dashboardBackend(): Promise<DashboardBackend> {
  return {
    ...(await recipeBackend()),
    sessionKey: () => sessionKey().get(),
    oidc: () => oidc().get(),
    providerHttp,
  };
}

const mailer = once(
  () => new SesMailer(awsEnvironment().access("sesv2"), openHttps(), () => Date.now()),
);

const outgoing = once(() => openOutgoing(process.env));

export async function reportBackend(): Promise<ReportBackend> {
  return {
    ...store(),
    chat: () => workspaces().get(),
    callbacks: () => callbacks().get(),
    targets: () => targets().get(),
    mailer: mailer(),
    outgoing: outgoing(),
  };
}

/** @param file what is kept in that place. */
function readerOf(place: string, file: string): () => Promise<string> {
  const { service, name } = storedPlace(place, file);
  const stored = client()(service);
  return () => (service === "ssm" ? readParameter(stored, name) : readSecret(stored, name));
}

/** Only that step looks at images for this. */
const seenLate: typeof lateSeconds = (...exchange) =>
  subjectAtHand()["step"] === "check-status" ? lateSeconds(...exchange) : [];

function variable(name: string, holds: string): string {
  const value = process.env[name] ?? "";
  if (value === "") throw new Error(`${name} is not set. Set it to the name of ${holds}`);
  return value;
}
