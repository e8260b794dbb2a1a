import type { IncomingMessage } from "node:http";
import * as z from "zod/mini";
import type { Backend } from "../shared/lambda/backend.ts";
import { apiEvent } from "./api-event.ts";
import { ownWiring } from "#functions";
import { call, load } from "./function.ts";
import type { RoutePath } from "./wiring.ts";

/** A function that answers requests, as API Gateway would call it. */
export interface Route extends RoutePath {
  answer: (
    parameters: Record<string, string>,
    request: IncomingMessage,
    body: Buffer,
  ) => Promise<RouteAnswer>;
}

export type RouteAnswer = z.infer<typeof answerSchema>;

const answerSchema = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

/** The routes of serverless.yml, whose functions run on this backend. */
export async function openRoutes(backend: Backend): Promise<Route[]> {
  const routes: Route[] = [];
  for (const wired of ownWiring().functions) {
    if (wired.route === null) continue;
    const { name, route } = wired;
    const handler = await load(wired);
    routes.push({
      ...route,
      answer: async (parameters, request, body) => {
        const event = apiEvent({ ...route, parameters }, request, body, backend.now());
        return answerSchema.parse(await call(backend, name, handler, event));
      },
    });
  }
  return routes;
}
