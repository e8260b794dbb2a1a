import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod/mini";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { API_ROUTES } from "../../local/api/api-site.ts";
import { openApiText } from "../../local/api/openapi.ts";
import { runDocument } from "../../local/view/run-report.ts";
import { bearer, openSite, type OpenedSite } from "../access/opened-site.ts";
import { image, NOW_MS, recipeState } from "../cli/records.ts";

const documentSchema = z.looseObject({
  openapi: z.literal("3.1.1"),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        responses: z.record(
          z.string(),
          z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })) }),
        ),
      }),
    ),
  ),
});

let site: OpenedSite;
let headers: Record<string, string>;
let document: z.infer<typeof documentSchema>;
let ajv: Ajv2020;
beforeAll(async () => {
  site = await openSite();
  headers = { ...bearer((await site.token("admin")).text), "content-type": "application/json" };
  const images = [
    image("new", { state: "current", promotedAtMs: NOW_MS - 1000 }),
    image("old", { promotedAtMs: NOW_MS - 2000, retiredAtMs: NOW_MS - 1000 }),
  ];
  const doc = JSON.stringify(recipeState({ images, current: "new" }));
  const rest = { writeId: "w", sweepAtMs: null, day: null, expiresAtMs: null };
  await site.store.commit({ key: recipeStateKey("web"), ...rest, doc }, 0);
  document = documentSchema.parse((await site.ask("GET", "/v1/openapi.json", { headers })).body);
  ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, "regild");
});
afterAll(() => site.close());

/** What the document promises for this answer. */
function problemsOf(
  path: string,
  method: string,
  is: { status: number; type: string; body: unknown },
) {
  const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  const key = String(is.status) in responses ? String(is.status) : "default";
  if (responses[key]?.content[is.type] === undefined) return `no ${key} ${is.type} at ${path}`;
  const pointer = [
    "paths",
    path,
    method.toLowerCase(),
    "responses",
    key,
    "content",
    is.type,
    "schema",
  ];
  const encoded = pointer.map((part) =>
    encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")),
  );
  const isValid = ajv.validate({ $ref: `regild#/${encoded.join("/")}` }, is.body);
  return isValid ? null : JSON.stringify(ajv.errors);
}

it("the document is an OpenAPI 3.1 document with every route, each with a name of its own", async () => {
  const written = z.looseObject({}).parse(JSON.parse(openApiText(API_ROUTES)));
  const { valid, errors } = await new Validator().validate(written);
  expect([valid, errors]).toEqual([true, undefined]);
  const operations = Object.values(document.paths).flatMap((each) => Object.values(each));
  expect(operations).toHaveLength(API_ROUTES.length);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(API_ROUTES.length);
});

it("the check itself finds an answer that is not as promised", () => {
  const body = { schema: "regild/v1", runs: [{}], next: null };
  const is = { status: 200, type: "application/json", body };
  expect(problemsOf("/v1/runs", "get", is)).toContain("required");
});

/** `RUN` stands for a run that the first row has started. */
const ASKED: Array<[string, string, string, number, string?]> = [
  ["POST", "/v1/recipes/{recipe}/refresh", "/v1/recipes/web/refresh", 202],
  ["GET", "/v1/status", "/v1/status", 200],
  ["GET", "/v1/recipes", "/v1/recipes", 200],
  ["GET", "/v1/recipes/{recipe}", "/v1/recipes/web", 200],
  ["GET", "/v1/recipes/{recipe}", "/v1/recipes/wep", 404],
  ["GET", "/v1/recipes/{recipe}/images", "/v1/recipes/web/images?limit=1", 200],
  ["GET", "/v1/images/{recipe}", "/v1/images/web", 200],
  ["GET", "/v1/recipes/{recipe}/history", "/v1/recipes/web/history", 200],
  ["GET", "/v1/runs", "/v1/runs?recipe=web&state=running&started_after=2026-01-01T00:00:00Z", 200],
  ["GET", "/v1/runs", "/v1/runs?limit=0", 400],
  ["GET", "/v1/runs", "/v1/runs?recpie=web", 400],
  ["GET", "/v1/runs/{run}", "/v1/runs/RUN", 200],
  ["GET", "/v1/recipes/{recipe}/changes/{change}", "/v1/recipes/web/changes/nope", 404],
  ["POST", "/v1/recipes/{recipe}/refresh", "/v1/recipes/web/refresh", 422, '{"inputs":{"a":"b"}}'],
  ["POST", "/v1/recipes/{recipe}/rollback", "/v1/recipes/web/rollback", 409, '{"from":"older"}'],
  ["POST", "/v1/recipes/{recipe}/rollback", "/v1/recipes/web/rollback", 404, '{"image":"none"}'],
  ["POST", "/v1/images/{image}/revoke", "/v1/images/new/revoke", 422, "{}"],
  ["POST", "/v1/images/{image}/pin", "/v1/images/old/pin", 422, "{}"],
  ["POST", "/v1/images/{image}/pin", "/v1/images/none/pin", 404, '{"reason":"x"}'],
  ["POST", "/v1/images/{image}/pin", "/v1/images/old/pin", 200, '{"reason":"4.2 runs on it"}'],
  ["POST", "/v1/images/{image}/unpin", "/v1/images/old/unpin", 200, "{}"],
  ["POST", "/v1/images/{image}/unpin", "/v1/images/old/unpin", 200, '{"recipe":"web"}'],
  [
    "POST",
    "/v1/recipes/{recipe}/pause",
    "/v1/recipes/web/pause",
    422,
    '{"reason":"x","until":"2020-01-01T00:00:00Z"}',
  ],
  [
    "POST",
    "/v1/recipes/{recipe}/pause",
    "/v1/recipes/web/pause",
    200,
    '{"reason":"the storage moves"}',
  ],
  ["POST", "/v1/recipes/{recipe}/refresh", "/v1/recipes/web/refresh", 409],
  [
    "POST",
    "/v1/recipes/{recipe}/refresh",
    "/v1/recipes/web/refresh",
    202,
    '{"even_if_paused":true}',
  ],
  ["POST", "/v1/recipes/{recipe}/resume", "/v1/recipes/web/resume", 200],
  ["POST", "/v1/recipes/{recipe}/resume", "/v1/recipes/web/resume", 200],
  ["POST", "/v1/runs/{run}/approve", "/v1/runs/RUN/approve", 409],
  ["POST", "/v1/runs/{run}/reject", "/v1/runs/RUN/reject", 422],
  ["POST", "/v1/runs/{run}/cancel", "/v1/runs/RUN/cancel", 202],
  ["POST", "/v1/runs/{run}/cancel", "/v1/runs/RUN/cancel", 202],
];

it("every answer is as the document says", async () => {
  let run = "";
  for (const [method, path, asked, status, body] of ASKED) {
    const answer = await site.ask(method, asked.replace("RUN", run), {
      headers,
      ...(body !== undefined && { body }),
    });
    const { "content-type": type = "" } = answer.headers;
    expect([asked, answer.status]).toEqual([asked, status]);
    const is = { status: answer.status, type, body: answer.body };
    expect([asked, problemsOf(path, method, is)]).toEqual([asked, null]);
    if (run === "") run = runDocument.parse(answer.body).run.id;
  }
});
