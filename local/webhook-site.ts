import { TOO_LARGE } from "../shared/webhook/answer.ts";
import { MAX_BODY_BYTES } from "../shared/webhook/receive.ts";
import { type HttpAnswer, refusal } from "./http-answer.ts";
import type { Site } from "./site-answer.ts";
import { bodyOf } from "./request-body.ts";
import { RequestsFirst } from "./requests-first.ts";
import { parametersIn } from "./path-parameters.ts";
import type { Route } from "./routes.ts";

/** Runs only functions that verify each request themselves, so a proxy may pass everything on to this listener. */
export function webhookSite(routes: readonly Route[], requests = new RequestsFirst()): Site {
  return async ({ path }, request) => {
    for (const route of routes) {
      const parameters = parametersIn(route.path, path);
      if (parameters === null) continue;
      if (request.method !== route.method) {
        return refusal(405, "wrong-method", `Only ${route.method} is answered here`);
      }
      const body = await bodyOf(request, MAX_BODY_BYTES);
      if (body === null) return tooLarge();
      const {
        statusCode,
        headers,
        body: text,
      } = await requests.answer(() => route.answer(parameters, request, body));
      return { status: statusCode, headers, text };
    }
    return refusal(404, "not-found", "Nothing is here");
  };
}

function tooLarge(): HttpAnswer {
  const { status, headers, body } = TOO_LARGE;
  return { status, headers: { ...headers, connection: "close" }, text: body };
}
