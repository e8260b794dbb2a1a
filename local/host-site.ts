import type { IncomingMessage } from "node:http";
import { type Gate, need, type Visitor } from "./access/gate.ts";
import { signIn, signOut } from "./access/sign-in.ts";
import { type HttpAnswer, jsonAnswer, refusal } from "./http-answer.ts";
import { readiness, type Readiness, withoutDetails } from "./health/readiness.ts";
import type { Site } from "./http-server.ts";
import type { PageGate } from "./page/page-gate.ts";
import type { RequestTarget } from "./request-target.ts";
import { SCHEMA } from "./view/document.ts";
import type { Records } from "./view/read.ts";

/** The numbers of this host, in Prometheus' text format. */
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
  /** What the watchdog asks, too. Left out: there is no host to ask. */
  isAlive?: () => boolean;
  ready?: Readiness;
}

/** All that `regild serve` answers but webhooks. What is not open to everybody goes through the gate. */
export function hostSite(site: HostSite): Site {
  const { gate, api, metrics, pages } = site;
  return async (target, request) => {
    const { path } = target;
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (/^\/(webhooks|chat)\//.test(path)) return WEBHOOKS_ELSEWHERE;
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
    return refusal(404, "not-found", "Nothing is here", "GET /v1/openapi.json has every path");
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
  return visitor !== null && visitor.recipes === null;
}

/**
 * 503 if the host does not do its work any more: whoever runs it should start it again. Probes have no token, so all may
 * ask; only those who may read all learn more than yes or no.
 */
async function health({ records: { host }, isAlive }: HostSite, isDetailed: boolean) {
  const view = isDetailed ? ((await host?.()) ?? null) : null;
  const ok = isAlive?.() ?? true;
  return jsonAnswer(ok ? 200 : 503, { schema: SCHEMA, ok, host: view });
}

/** 503 if something stands in the way of its work. */
function readyAnswer(ready: Readiness, isDetailed: boolean): HttpAnswer {
  const document = readiness(ready);
  const body = isDetailed ? document : withoutDetails(document);
  return jsonAnswer(document.ready ? 200 : 503, body);
}
