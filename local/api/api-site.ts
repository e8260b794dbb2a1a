import type { IncomingMessage } from "node:http";
import { recipesSeenBy } from "../../shared/access/may.ts";
import { type Gate, need, needOwnPage, needSome } from "../access/gate.ts";
import { noteAsked } from "../actions/deps.ts";
import { type HttpAnswer, jsonAnswer, refusal } from "../http-answer.ts";
import type { RequestTarget } from "../request-target.ts";
import { parametersIn } from "../path-parameters.ts";
import { ACTING_ROUTES } from "./acting-routes.ts";
import { idempotencyKey, jsonBody } from "./api-request.ts";
import { openApiText } from "./openapi.ts";
import { READING_ROUTES } from "./reading-routes.ts";
import type { ApiDeps, ApiRoute } from "./route.ts";
import { recordsSeenBy } from "../view/seen.ts";

export const API_ROUTES: readonly ApiRoute[] = [...READING_ROUTES, ...ACTING_ROUTES];

const OPENAPI = "/v1/openapi.json";

/** The HTTP API. Every request goes through the gate; what the asker may not do is not looked up either. */
export function apiSite(deps: ApiDeps, gate: Gate) {
  return async ({ path, query }: RequestTarget, request: IncomingMessage): Promise<HttpAnswer> => {
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "");
    const visitor = await gate.whoAsks(request);
    if (path === OPENAPI && method === "GET") {
      return { status: 200, headers: {}, text: openApiText(API_ROUTES) };
    }
    const here = API_ROUTES.flatMap((route) => {
      const parameters = parametersIn(route.path, path);
      return parameters === null ? [] : [{ route, parameters }];
    });
    const found = here.find(({ route }) => route.method === method);
    if (found === undefined) return path === OPENAPI ? wrongMethod(["GET"]) : notHere(here);
    const { route, parameters } = found;
    const named = (name: string): string => parameters[name] ?? "";
    if ("recipe" in parameters) need(visitor, route.action, named("recipe"));
    else if (route.method === "POST") needSome(visitor, route.action);
    if (route.method === "POST") {
      needOwnPage(visitor, request, String(request.headers["x-csrf-token"] ?? ""));
    }
    const done = await route.handle({
      actions: deps.actions,
      records: recordsSeenBy(recipesSeenBy(visitor), deps.records),
      visitor,
      named,
      query: Object.fromEntries(new URLSearchParams(query)),
      body: route.method === "POST" ? await jsonBody(request) : null,
      request: { asker: visitor, key: idempotencyKey(request) },
    });
    if (route.method === "POST") {
      noteAsked(deps.actions.log, visitor, route.action, path);
    }
    return jsonAnswer(done.status ?? 200, done.document, done.headers);
  };
}

function notHere(here: Array<{ route: ApiRoute }>): HttpAnswer {
  if (here.length > 0) return wrongMethod(here.map(({ route }) => route.method));
  return refusal(404, "not-found", "Nothing is here", `GET ${OPENAPI} has every path`);
}

function wrongMethod(allowed: string[]): HttpAnswer {
  const list = [...new Set(allowed)].join(", ");
  const answer = refusal(405, "wrong-method", `Only ${list} is answered here`);
  return { ...answer, headers: { ...answer.headers, allow: list } };
}
