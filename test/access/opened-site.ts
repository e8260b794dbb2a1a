import { randomBytes } from "node:crypto";
import { request as ask } from "node:http";
import { Gate } from "../../local/access/gate.ts";
import { Sessions } from "../../local/access/session.ts";
import type { CleanUpActions } from "../../local/actions/clean-up.ts";
import { apiSite } from "../../local/api/api-site.ts";
import type { Readiness } from "../../local/health/readiness.ts";
import { hostSite } from "../../local/host-site.ts";
import { serveHttp } from "../../local/http-server.ts";
import type { Site } from "../../local/site-answer.ts";
import { CloudAnswers } from "../../local/page/cloud-answers.ts";
import { LiveUpdates } from "../../local/page/live-updates.ts";
import { pageGate } from "../../local/page/page-gate.ts";
import { type PageSite, pageSite } from "../../local/page/page-site.ts";
import type { Records } from "../../local/view/read.ts";
import { OidcSignIn } from "../../local/oidc/oidc-sign-in.ts";
import { ownAttempts } from "../../local/oidc/attempt.ts";
import { PeopleInMemory } from "../../local/oidc/kept-people.ts";
import { People } from "../../local/oidc/people.ts";
import { providerAccess } from "../../local/oidc/provider-http.ts";
import { randomIds } from "../../local/ids.ts";
import type { ListenAddress } from "../../local/listen-address.ts";
import type { Token } from "../../shared/access/token.ts";
import { createToken, revokeToken } from "../../shared/access/tokens.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import type { SignIn } from "../../shared/settings/settings.ts";
import type { Log } from "../../shared/ports.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteQueue } from "../../shared/sqlite/queue.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { NOW_MS, WEB } from "../cli/records.ts";

const LOOPBACK: ListenAddress = { host: "127.0.0.1", port: 0 };
/** Of the listener; the tests reach it on loopback all the same. */
export const EVERYWHERE: ListenAddress = { host: "0.0.0.0", port: 0 };

export interface Answered {
  status: number;
  headers: Record<string, string>;
  text: string;
  body: unknown;
}

/** What `regild serve` answers on these records. */
export function siteOf(
  records: Records,
  { listen = LOOPBACK, pages }: { listen?: ListenAddress; pages?: PageSite } = {},
): Site {
  const none = () => {};
  const log = { info: none, warn: none, error: none };
  const queue = new SqliteQueue(openDatabase(":memory:"), records.now);
  const actions = { ...records, queue, ids: randomIds, log, installationId: "home12home12" };
  const gate = new Gate(actions, { listen, signIn: () => "for_actions" });
  const api = apiSite({ records, actions }, gate);
  return hostSite({
    records,
    gate,
    api,
    ...(pages && { pages: pageGate(pages, { records, actions, gate }) }),
  });
}

/** What `regild serve` answers, on records in memory, at a time of its own. */
export async function openSite(
  is: {
    listen?: ListenAddress;
    signIn?: SignIn;
    recipes?: readonly Recipe[];
    log?: Log;
    sessionKey?: Uint8Array;
    isAlive?: () => boolean;
    ready?: Readiness;
    host?: Records["host"];
    liveTimes?: ConstructorParameters<typeof LiveUpdates>[1];
    dataFile?: string;
    /** Absent: this host reads no clouds. */
    cleanUp?: CleanUpActions;
    /** Where people sign in. Its public address is this site's. */
    oidc?: () => OidcSettings | null;
    env?: Record<string, string>;
  } = {},
) {
  const { listen = LOOPBACK, signIn = "for_actions", recipes = [WEB] } = is;
  const none = () => {};
  const log = is.log ?? { info: none, warn: none, error: none };
  const clock = { nowMs: NOW_MS };
  const now = () => clock.nowMs;
  const db = openDatabase(is.dataFile ?? ":memory:");
  const [store, queue] = [new SqliteStore(db), new SqliteQueue(db, now)];
  const known = new Map(recipes.map((each) => [each.name, each]));
  const records = { store, now, recipes: known, ...(is.host && { host: is.host }) };
  const actions = {
    ...records,
    queue,
    ids: randomIds,
    log,
    installationId: "home12home12",
    ...(is.cleanUp && { cleanUp: is.cleanUp }),
  };
  const sessions = new Sessions(now, is.sessionKey);
  const { oidc = () => null, env = {} } = is;
  const settings = async () => oidc();
  const people = new People({ settings, kept: new PeopleInMemory(now), now });
  const gate = new Gate(actions, { listen, signIn: () => signIn, sessions, people });
  const atProvider = new OidcSignIn({
    settings,
    people,
    sessions,
    attempts: ownAttempts(now),
    access: providerAccess(env),
    now,
    log,
  });
  const live = new LiveUpdates(store, is.liveTimes);
  const shown = pageSite(records, new CloudAnswers(now));
  const pages = pageGate(shown, { records, actions, gate }, { live, oidc: atProvider });
  const { isAlive = () => true, ready } = is;
  const api = apiSite({ records, actions }, gate);
  const metrics = { contentType: "text/plain", text: async () => "" };
  const site = hostSite({ records, gate, api, metrics, pages, isAlive, ...(ready && { ready }) });
  const server = await serveHttp({ site, log }, listen);
  const port = Number(new URL(server.url).port);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    store,
    queue,
    actions,
    clock,
    live,
    close: () => server.close(),
    /** @returns the token's text. */
    token: async (
      role: Token["role"],
      {
        recipes: scope = null,
        lifeMs = null,
      }: { recipes?: string[] | null; lifeMs?: number | null } = {},
    ) => {
      const name = `${role}-${scope?.join("-") ?? "all"}`;
      const about = { name, role, recipes: scope, createdBy: "anna (cli)", lifeMs };
      const { text, token } = await createToken(actions, about, randomBytes(32));
      return { text, id: token.id };
    },
    revoke: (id: string) => revokeToken(actions, id, "anna (cli)"),
    /** `host` as a browser would send it; fetch lets nobody choose it. */
    ask: (
      method: string,
      path: string,
      { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
    ): Promise<Answered> =>
      new Promise((resolve, reject) => {
        const length = { "content-length": String(Buffer.byteLength(body ?? "")) };
        const is = { host: "127.0.0.1", port, path, method, headers: { ...length, ...headers } };
        const sent = ask(is, (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("end", () => {
            const got = Object.entries(response.headers).map(([name, value]) => [
              name,
              String(value),
            ]);
            const isJson = /json/.test(response.headers["content-type"] ?? "") && text !== "";
            resolve({
              status: response.statusCode ?? 0,
              headers: Object.fromEntries(got),
              text,
              body: isJson ? JSON.parse(text) : null,
            });
          });
        });
        sent.on("error", reject);
        sent.end(body);
      }),
  };
}
export type OpenedSite = Awaited<ReturnType<typeof openSite>>;

export const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
