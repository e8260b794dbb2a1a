import type { IncomingMessage } from "node:http";
import { recipesSeenBy } from "../shared/access/may.ts";
import { type Gate, need, type Visitor } from "./access/gate.ts";
import { signIn, signOut } from "./access/sign-in.ts";
import { type HttpAnswer, jsonAnswer, refusal } from "./http-answer.ts";
import { readiness, type Readiness, withoutDetails } from "./health/readiness.ts";
import type { Site } from "./site-answer.ts";
import type { PageGate } from "./page/page-gate.ts";
import type { RequestTarget } from "./request-target.ts";
import { SCHEMA } from "./view/document.ts";
import type { Records } from "./view/read.ts";

/** The metrics of this host, in Prometheus' text format. */
export interface MetricsPage {
  contentType: string;
  text: () => Promise<string>;
}

export interface HostSite {
  records: Records;
  gate: Gate;
  api: (target: RequestTarget, request: IncomingMessage) => Promise<HttpAnswer>;
  metrics?: MetricsPage;
  pages?: PageGate;
  /** The watchdog uses it too. Absent: there is no host in this process. */
  isAlive?: () => boolean;
  ready?: Readiness;
}

/** Every answer of `regild serve` except webhooks. The gate checks each request that needs a token. */
export function hostSite(site: HostSite): Site {
  const { gate, api, metrics, pages } = site;
  return async (target, request) => {
    const { path } = target;
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (/^\/(webhooks|chat|hooks)\//.test(path)) return WEBHOOKS_ELSEWHERE;
    if (path.startsWith("/v1/")) return api(target, request);
    if (path === "/healthz" && isRead) return health(site, await mayReadAll(gate, request));
    if (path === "/readyz" && isRead && site.ready !== undefined) {
      return readyAnswer(site.ready, await mayReadAll(gate, request));
    }
    if (request.method === "POST" && path === "/sign-in") {
      return pages?.signIn(request) ?? signIn(gate, request);
    }
    const acted = request.method === "POST" ? await pages?.act(target, request) : undefined;
    if (acted !== undefined && acted !== null) return acted;
    const shown = isRead ? await pages?.read(target, request) : undefined;
    if (shown !== undefined && shown !== null) return shown;
    const visitor = await gate.whoAsks(request);
    if (request.method === "POST" && path === "/sign-out") return signOut(gate, request, visitor);
    if (!isRead) return refusal(405, "read-only", "Only GET is answered here");
    if (path === "/metrics" && metrics !== undefined) {
      need(visitor, "read", null);
      const headers = { "content-type": metrics.contentType };
      return { status: 200, headers, text: await metrics.text() };
    }
    const nothing = refusal(
      404,
      "not-found",
      "Nothing is here",
      "GET /v1/openapi.json has every path",
    );
    return pages?.nothing(request, visitor) ?? nothing;
  };
}

const WEBHOOKS_ELSEWHERE = refusal(
  404,
  "webhooks-elsewhere",
  "Webhooks have their own address",
  "Send them to the address of regild serve --listen-webhooks, which its first log line names",
);

async function mayReadAll(gate: Gate, request: IncomingMessage): Promise<boolean> {
  const visitor: Visitor | null = await gate.whoAsks(request).catch(() => null);
  return visitor !== null && recipesSeenBy(visitor) === null;
}

/**
 * Answers 503 if the host does not work any more, so that the service manager restarts it. Needs no token, because probes
 * have none. Only callers who may read everything see the details.
 */
async function health({ records: { host }, isAlive }: HostSite, isDetailed: boolean) {
  const view = isDetailed ? ((await host?.()) ?? null) : null;
  const ok = isAlive?.() ?? true;
  return jsonAnswer(ok ? 200 : 503, { schema: SCHEMA, ok, host: view });
}

/** Answers 503 if something prevents the host's work. */
function readyAnswer(ready: Readiness, isDetailed: boolean): HttpAnswer {
  const document = readiness(ready);
  const body = isDetailed ? document : withoutDetails(document);
  return jsonAnswer(document.ready ? 200 : 503, body);
}
