import type { IncomingMessage } from "node:http";
import * as z from "zod/mini";
import { type HttpAnswer, refusal } from "./http-answer.ts";
import type { Site } from "./http-server.ts";
import type { PageSite } from "./page/page-site.ts";
import { SCHEMA } from "./view/document.ts";
import { imagesPage, type PageRequest, runNamed, runsPage, statusOf } from "./view/queries.ts";
import type { Records } from "./view/read.ts";

const pageSchema = z.object({
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1000)), 20),
  after: z._default(z.nullable(z.string()), null),
});

/** The numbers of this host, in Prometheus' text format. */
export interface MetricsPage {
  contentType: string;
  text: () => Promise<string>;
}

/** Answers what the commands show: GET only, no secrets, and no way to start or stop anything. It has no sign-in. */
export function readingSite(
  records: Records,
  metrics: MetricsPage | null = null,
  pages: PageSite | null = null,
): Site {
  return async ({ path, query }, request) => {
    if (!isOurName(request)) {
      return refusal(421, "wrong-host", "This is not the host it was asked for");
    }
    if (/^\/(webhooks|chat)\//.test(path)) return WEBHOOKS_ELSEWHERE;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refusal(405, "read-only", "Only GET is answered");
    }
    if (path === "/healthz") return health(records);
    if (path === "/metrics" && metrics !== null) {
      const headers = { "content-type": metrics.contentType };
      return { status: 200, headers, text: await metrics.text() };
    }
    const shown = pages === null ? null : await pages(path, query);
    if (shown !== null) return shown;
    const search = new URLSearchParams(query);
    const page = () => pageSchema.parse(Object.fromEntries(search));
    const body = await documentAt(records, path, search.get("recipe"), page);
    if (body === null) return refusal(404, "not-found", "Nothing is here");
    return { status: 200, headers: {}, text: JSON.stringify(body) };
  };
}

const WEBHOOKS_ELSEWHERE = refusal(
  404,
  "webhooks-elsewhere",
  "Webhooks have their own address",
  "Send them to the address of regild serve --listen-webhooks, which its first log line names",
);

/** 503 if the host does not do its work any more: whoever runs it should start it again. */
async function health({ host }: Records): Promise<HttpAnswer> {
  const view = host === undefined ? null : await host();
  const ok = view === null || view.state === "running";
  const text = JSON.stringify({ schema: SCHEMA, ok, host: view });
  return { status: ok ? 200 : 503, headers: {}, text };
}

async function documentAt(
  records: Records,
  path: string,
  recipe: string | null,
  page: () => PageRequest,
): Promise<object | null> {
  const [, first, collection, name, ...more] = path.split("/").map(decodeURIComponent);
  if (first !== "v1" || more.length > 0) return null;
  if (collection === "status" && name === undefined) return statusOf(records);
  if (collection === "runs" && name === undefined) return runsPage(records, recipe, page());
  if (collection === "runs" && name !== undefined) return runNamed(records, name);
  if (collection === "images" && name !== undefined) return imagesPage(records, name, page());
  return null;
}

/**
 * A browser can be led to ask a loopback address under a name of the attacker's (DNS rebinding): there, by name
 * only localhost is answered. Other addresses were opened to others on purpose.
 */
function isOurName({ headers, socket }: IncomingMessage): boolean {
  const isLoopback = /^(::ffff:)?127\.|^::1$/.test(socket.localAddress ?? "");
  const name = (headers.host ?? "").replace(/:\d+$/, "");
  return (
    !isLoopback || name === "localhost" || /^[\d.]+$/.test(name) || /^\[[\da-f:.]+\]$/i.test(name)
  );
}
