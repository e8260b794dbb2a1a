import { randomBytes } from "node:crypto";
import { ownWiring } from "#functions";
import { incomingRequest, proxyResult } from "../../functions/dashboard/api-gateway.ts";
import { openDashboard } from "../../functions/dashboard/dashboard-site.ts";
import { randomIds } from "../../local/ids.ts";
import { parametersIn } from "../../local/path-parameters.ts";
import type { Token } from "../../shared/access/token.ts";
import { createToken, revokeToken } from "../../shared/access/tokens.ts";
import { AwsClient } from "../../shared/aws/client.ts";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import { GRACE_MS } from "../../shared/bounds.ts";
import type { ReconcileRequest } from "../../shared/ports.ts";
import { openCloudHttp } from "../../shared/lambda/cloud-http.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import { NOW_MS } from "../cli/records.ts";
import { accessTo, openSeam } from "./access.ts";
import { openDynamoDb } from "./dynamodb.ts";
import { GATEWAY_HOST, gatewayAnswer, type GatewayAnswer, gatewayEvent } from "./gateway.ts";
import { Wire } from "./wire.ts";

const TIMING = { windowMs: 10_000, callTimeoutMs: 60_000, skewMs: 60_000, graceMs: GRACE_MS };

export interface Asked {
  headers?: Record<string, string>;
  body?: string;
}

/** The function `dashboard` on a table of its own, behind the routes of serverless.yml. */
export async function openDashboardStage() {
  const dynamoDb = await openDynamoDb();
  const table = await dynamoDb.createTable();
  const wire = new Wire(dynamoDb.direct);
  const client = new AwsClient("dynamodb", accessTo("http://dynamodb"), {
    ...openSeam(),
    http: wire,
  });
  const store = new DynamoDbStore(client, table);
  const sent: Array<{ queue: string; request: ReconcileRequest }> = [];
  const logged: string[] = [];
  const log = {
    info: (message: string) => void logged.push(message),
    warn: (message: string) => void logged.push(message),
    error: (message: string, fields?: object) =>
      void logged.push(`${message} ${JSON.stringify(fields)}`),
  };
  const recipes = new Map<string, Recipe>();
  const stage = {
    nowMs: NOW_MS,
    key: randomBytes(32) as Uint8Array | null,
    /** Reading the key fails with it. */
    keyError: null as Error | null,
    oidc: null as OidcSettings | null,
    /** Reading the settings of the provider fails with it. */
    oidcError: null as Error | null,
  };
  const backend = {
    store,
    queue: {
      send: async (queue: string, request: ReconcileRequest) => void sent.push({ queue, request }),
    },
    ids: randomIds,
    log,
    metrics: { add: () => {}, put: () => {} },
    timing: TIMING,
    now: () => stage.nowMs,
    installationId: "home12home12",
    recipes,
    sessionKey: async () => {
      if (stage.keyError !== null) throw stage.keyError;
      return stage.key;
    },
    oidc: async () => {
      if (stage.oidcError !== null) throw stage.oidcError;
      return stage.oidc;
    },
    providerHttp: ({ cacert }: Pick<OidcSettings, "cacert">) => {
      const tls = { cacert: cacert ?? null, cert: null, key: null, verify: true };
      return openCloudHttp({ tls, proxy: null }, {}, "oidc.json");
    },
  };
  const { pageRoutes } = ownWiring().functions.find(({ name }) => name === "dashboard") ?? {};
  if (pageRoutes === undefined) throw new Error("serverless.yml has no function dashboard");
  const dashboards = [openDashboard(backend), openDashboard(backend)];
  return {
    stage,
    store,
    recipes,
    sent,
    logged,
    wire,
    pageRoutes,
    /** @param instance of the function: none knows what another one has in memory. */
    ask: async (
      method: string,
      path: string,
      { headers = {}, body = "" }: Asked = {},
      instance = 0,
    ): Promise<GatewayAnswer> => {
      const [bare = ""] = path.split("?", 1);
      for (const route of pageRoutes) {
        const parameters = parametersIn(route.path, bare);
        if (route.method !== method || parameters === null) continue;
        const key = `${route.method} ${route.path}`;
        const event = gatewayEvent({ method, path, headers, body }, { key, parameters });
        const answer = await dashboards[instance]?.(incomingRequest(event));
        if (answer === undefined) throw new Error(`there is no instance ${instance}`);
        return gatewayAnswer(JSON.parse(JSON.stringify(proxyResult(answer))));
      }
      return { status: 404, headers: {}, body: '{"message":"Not Found"}' };
    },
    token: async (
      role: Token["role"],
      { recipes: scope = null, random = randomBytes(32) }: TokenOptions = {},
    ) => {
      const name = `${role}-${scope?.join("-") ?? "all"}`;
      const about = { name, role, recipes: scope, createdBy: "anna (cli)", lifeMs: null };
      const { text, token } = await createToken(backend, about, random);
      return { text, id: token.id };
    },
    revoke: (id: string) => revokeToken(backend, id, "anna (cli)"),
    close: () => dynamoDb.close(),
  };
}
export type DashboardStage = Awaited<ReturnType<typeof openDashboardStage>>;

interface TokenOptions {
  recipes?: string[] | null;
  random?: Uint8Array;
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };
/** What a browser sends with a form of the page. */
export const BROWSER = { accept: "text/html", origin: `https://${GATEWAY_HOST}` };

/** Signs in with a token. @returns the headers of a browser that keeps the cookie, and the answer. */
export async function signIn(on: DashboardStage, text: string, next = "/", instance = 0) {
  const body = new URLSearchParams({ token: text, next }).toString();
  const answer = await on.ask(
    "POST",
    "/sign-in",
    { headers: { ...BROWSER, ...FORM }, body },
    instance,
  );
  const cookie = answer.headers["set-cookie"]?.split(";")[0] ?? "";
  return { answer, headers: { ...BROWSER, cookie } };
}

/** Sends a form of the page. */
export function sendForm(
  on: DashboardStage,
  path: string,
  headers: Record<string, string>,
  fields: Record<string, string>,
) {
  const body = new URLSearchParams(fields).toString();
  return on.ask("POST", path, { headers: { ...headers, ...FORM }, body });
}
