import * as z from "zod/mini";
import type { AccessAction } from "../../shared/access/may.ts";
import type { Visitor } from "../access/gate.ts";
import type { ActionDeps, Request } from "../actions/deps.ts";
import { Refused } from "../http-answer.ts";
import type { Records } from "../view/read.ts";

/** What every route works with. */
export interface ApiDeps {
  records: Records;
  actions: ActionDeps;
}

/** One request at a route. `records` have only the recipes that the visitor may see. */
export interface Call<Query = unknown, Body = unknown> extends ApiDeps {
  visitor: Visitor;
  /** In the path, by the names in braces. */
  named: (name: string) => string;
  query: Query;
  body: Body;
  request: Request;
}

export interface Done {
  document: object;
  status?: number;
  headers?: Record<string, string>;
}

/** A row of the API: what is answered where, to whom, and what the OpenAPI document says of it. */
export interface ApiRoute {
  method: "GET" | "POST";
  path: string;
  action: AccessAction;
  summary: string;
  query: z.core.$ZodType;
  body: z.core.$ZodType | null;
  /** By the status that they come with. */
  answers: Record<number, z.core.$ZodType>;
  handle: (call: Call) => Promise<Done>;
}

const nothing = z.strictObject({});

export function reading<Query>(
  path: string,
  is: {
    summary: string;
    query: z.ZodMiniType<Query>;
    answer: z.core.$ZodType;
    handle: (call: Call<Query>) => Promise<object>;
  },
): ApiRoute {
  const { summary, answer } = is;
  return {
    method: "GET",
    path,
    action: "read",
    summary,
    query: is.query,
    body: null,
    answers: { 200: answer },
    handle: async (call) => {
      const query = parsed(is.query, call.query, 400, "wrong-query");
      return { document: await is.handle({ ...call, query }) };
    },
  };
}

export function acting<Body>(
  path: string,
  is: {
    action: AccessAction;
    summary: string;
    body: z.ZodMiniType<Body>;
    answers: Record<number, z.core.$ZodType>;
    handle: (call: Call<unknown, Body>) => Promise<Done>;
  },
): ApiRoute {
  return {
    method: "POST",
    path,
    query: nothing,
    ...is,
    handle: (call) => {
      parsed(nothing, call.query, 400, "wrong-query");
      return is.handle({ ...call, body: parsed(is.body, call.body, 422, "wrong-body") });
    },
  };
}

/** @throws Refused, which names the first field to blame. */
function parsed<Value>(
  schema: z.ZodMiniType<Value>,
  value: unknown,
  status: number,
  code: string,
): Value {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = (issue?.path ?? []).map(String);
  if (issue?.code === "unrecognized_keys") {
    const field = [...path, ...issue.keys.slice(0, 1)].join(".");
    const remedy = "Leave it out. GET /v1/openapi.json has every field";
    throw new Refused(status, code, `${field} is not known here`, remedy, field);
  }
  const field = path.length === 0 ? null : path.join(".");
  const what = field === null ? "The request" : field;
  const remedy = `${issue?.message ?? ""}. GET /v1/openapi.json has every field`;
  throw new Refused(status, code, `${what} is not right`, remedy, field);
}
