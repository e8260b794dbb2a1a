import * as z from "zod/mini";
import { problemDocument } from "../view/document.ts";
import { regildVersion } from "../version.ts";
import type { ApiRoute } from "./route.ts";

let written: string | undefined;

/** The OpenAPI 3.1 document of the routes. Their schemas are the ones that requests and documents are checked by. */
export function openApiText(routes: readonly ApiRoute[]): string {
  return (written ??= JSON.stringify(openApi(routes)));
}

function openApi(routes: readonly ApiRoute[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Regild",
      version: regildVersion(),
      description: "Keeps golden images fresh on OpenStack clouds. Times are UTC.",
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "regild token create NAME" },
      },
      schemas: { Problem: jsonSchema(problemDocument, "output") },
    },
  };
}

function operation(route: ApiRoute): object {
  const { method, path, summary, body, query, answers } = route;
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => name);
  return {
    operationId: operationId(route),
    summary,
    parameters: [
      ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
      ...queryParameters(query),
      ...(method === "POST" ? [IDEMPOTENCY_KEY] : []),
    ],
    ...(body !== null && {
      requestBody: { content: { "application/json": { schema: jsonSchema(body, "input") } } },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          {
            description: status === "202" ? "Under way" : "Done",
            content: { "application/json": { schema: jsonSchema(answer, "output") } },
          },
        ]),
      ),
      default: {
        description: "A problem",
        content: {
          "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
        },
      },
    },
  };
}

const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  description: "The same for a request that is sent again: it is carried out once",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

/** `getRecipesRecipeImages`. */
function operationId({ method, path }: ApiRoute): string {
  const words = path.split(/\W+/).filter((word) => word !== "" && word !== "v1");
  return (
    method.toLowerCase() + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("")
  );
}

function queryParameters(query: z.core.$ZodType): object[] {
  const { properties = {} } = jsonSchema(query, "input");
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
}

function jsonSchema(schema: z.core.$ZodType, io: "input" | "output") {
  const { $schema: _draft, ...written } = z.toJSONSchema(schema, { io, override: plainer });
  return written;
}

/** The pattern of a time and the bounds of a double say nothing that its format and type do not. */
function plainer({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}
