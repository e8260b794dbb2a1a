import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { AwsClient } from "../aws/client.ts";
import { DynamoDbStore } from "../aws/dynamodb-store.ts";
import { openHttps } from "../aws/https.ts";
import type { AwsAccess } from "../aws/seam.ts";
import { SqsQueue } from "../aws/sqs-queue.ts";
import type { Timing } from "../ports.ts";
import { homeOf } from "../protocol/home.ts";
import { recipeSchema } from "../recipe/recipe.ts";
import { awsEnvironment } from "./aws-environment.ts";
import type { CloudBackend, RecipeBackend, StoreBackend } from "./backend.ts";
import { openCloudHttp } from "./cloud-http.ts";
import { CloudsSource } from "./clouds-source.ts";
import { randomIds } from "./ids.ts";
import { openLog } from "./logger.ts";
import { readParameter } from "./parameter.ts";

/** Clocks of many machines: a minute is far more than they differ by. For the rest see `LOCAL_TIMING`. */
const TIMING: Timing = {
  windowMs: 10_000,
  callTimeoutMs: 60_000,
  skewMs: 60_000,
  graceMs: 15 * 60_000,
};

/** Once per process; a process whose environment is wrong says so at its first message, and at every other. */
/* @__NO_SIDE_EFFECTS__ */
function once<T>(open: () => T): () => T {
  let opened: { is: T } | undefined;
  return () => (opened ??= { is: open() }).is;
}

const http = once(() => openHttps());

const store = once((): StoreBackend => {
  const { table, queueUrlPrefix, dynamodb, sqs } = awsEnvironment();
  const seam = {
    http: http(),
    now: () => Date.now(),
    random: () => randomIds.random(),
    wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  return {
    store: new DynamoDbStore(new AwsClient("dynamodb", dynamodb, seam), table),
    queue: new SqsQueue(new AwsClient("sqs", sqs, seam), queueUrlPrefix),
    ids: randomIds,
    log: openLog(),
    timing: TIMING,
    now: seam.now,
  };
});

export async function storeBackend(): Promise<StoreBackend> {
  return store();
}

const clouds = once(() => {
  const { log, timing, now } = store();
  const name = variable("REGILD_CLOUDS_PARAMETER", "the parameter that holds clouds.yaml");
  const access = ssmAccess();
  return new CloudsSource({
    read: () => readParameter(name, access, http()),
    file: name,
    http: (config) => openCloudHttp(config, process.env),
    log,
    timing,
    now,
  });
});

export async function cloudBackend(): Promise<CloudBackend> {
  return { ...store(), clouds: await clouds().open() };
}

/** Packaged with the function, checked when it was built. */
const recipes = once(() => {
  const path = variable("REGILD_RECIPES", "the file of recipes in the package");
  const text = readFileSync(join(process.env["LAMBDA_TASK_ROOT"] ?? "", path), "utf8");
  const list = z.array(recipeSchema).parse(JSON.parse(text));
  return new Map(list.map((recipe) => [recipe.name, recipe]));
});

let home: string | undefined;

export async function recipeBackend(): Promise<RecipeBackend> {
  home ??= await homeOf(store());
  return { ...store(), home, recipes: recipes() };
}

function variable(name: string, holds: string): string {
  const value = process.env[name] ?? "";
  if (value === "") throw new Error(`${name} is not set. Set it to the name of ${holds}`);
  return value;
}

/** As `AWS_ENDPOINT_URL_SSM` says, or like the other services. */
function ssmAccess(): AwsAccess {
  const { sqs } = awsEnvironment();
  const domain = sqs.region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const endpoint =
    process.env["AWS_ENDPOINT_URL_SSM"] ??
    process.env["AWS_ENDPOINT_URL"] ??
    `https://ssm.${sqs.region}.${domain}`;
  return { ...sqs, endpoint };
}
