import * as z from "zod/mini";
import { answerRun } from "../actions/approve.ts";
import { cancelRun } from "../actions/cancel.ts";
import { type Asked, changeOf, revokeImage, rollBack } from "../actions/change-current.ts";
import { pause, resume } from "../actions/pause.ts";
import { applyCleanUp, planCleanUp } from "../actions/clean-up.ts";
import { pinImage } from "../actions/pin.ts";
import { refreshRecipe } from "../actions/refresh.ts";
import { cleanUpDocument } from "../view/clean-up.ts";
import { documentSchema, SCHEMA } from "../view/document.ts";
import { NotFound } from "../view/find-run.ts";
import { pauseDocument } from "../view/pause.ts";
import { pinDocument } from "../view/pin.ts";
import { pointerChangeDocument } from "../view/pointer-change.ts";
import { headNamed, runNamed } from "../view/queries.ts";
import { runDocument } from "../view/run-report.ts";
import { noQuery } from "./query.ts";
import { acting, type ApiRoute, type Call, type Done, reading } from "./route.ts";
import { recipeOfImage, runSeen } from "./seen.ts";

const TEXT = { error: "Write text of 1 to 500 characters" };
const text = z.string(TEXT).check(z.minLength(1, TEXT), z.maxLength(500, TEXT));
const textOrNull = z._default(z.nullable(text), null);

const BOOLEAN = { error: "Write true or false" };
const TIME = "Write a time in UTC, for example 2026-11-28T12:00:00Z";
const INPUTS = { error: 'Write {"NAME": "VALUE"}' };
const refreshBody = z.strictObject({
  inputs: z._default(z.record(z.string(), z.string(INPUTS), INPUTS), {}),
  even_if_paused: z._default(z.boolean(BOOLEAN), false),
  /** Makes an image whatever fresh_within and skip_unchanged say. */
  force: z._default(z.boolean(BOOLEAN), false),
});
const pauseBody = z.strictObject({
  reason: text,
  /** Null: until somebody resumes it. */
  until: z._default(z.nullable(z.iso.datetime({ error: TIME })), null),
});
const rollbackBody = z.strictObject({
  /** Id or name. Null: the nearest good earlier image. */
  image: textOrNull,
  /** The image that is current as the asker knows it: if another one is by now, nothing is changed. */
  from: z.optional(z.nullable(text)),
  reason: textOrNull,
});
const revokeBody = z.strictObject({
  reason: text,
  /** Of an image whose recipe is not in recipes.yml any more. */
  recipe: textOrNull,
  /** Also if no image is left to be current. */
  even_if_last: z._default(z.boolean(BOOLEAN), false),
});

/** Null: all recipes, and what Regild did not make. */
const cleanUpBody = z.strictObject({ recipe: textOrNull });

const pinBody = z.strictObject({ reason: text, recipe: textOrNull });
const unpinBody = z.strictObject({ recipe: textOrNull });

/** 202: nobody has carried it out yet. The header `Location` says where to ask. */
const CHANGE_ANSWERS = {
  200: pointerChangeDocument,
  202: z.extend(documentSchema, { change: z.null() }),
};

export const ACTING_ROUTES: ApiRoute[] = [
  acting("/v1/recipes/{recipe}/refresh", {
    action: "refresh",
    summary: "Starts a run. With the same Idempotency-Key: once",
    body: refreshBody,
    answers: { 202: runDocument },
    handle: async ({ actions, request, records, named, body }) => {
      const is = { inputs: body.inputs, evenIfPaused: body.even_if_paused, force: body.force };
      const id = await refreshRecipe(actions, request, named("recipe"), is);
      const document = await runNamed(records, id);
      return { document, status: 202, headers: { location: `/v1/runs/${id}` } };
    },
  }),
  acting("/v1/runs/{run}/cancel", {
    action: "cancel",
    summary: "Ends a run, which then undoes what it did",
    body: z.strictObject({}),
    answers: { 202: runDocument },
    handle: async (call) => {
      const record = await runSeen(call, "cancel");
      await cancelRun(call.actions, call.request, record);
      return { document: await runNamed(call.records, record.run.id), status: 202 };
    },
  }),
  acting("/v1/runs/{run}/approve", {
    action: "approve",
    summary: "Lets the candidate of a run that waits become the current image",
    body: z.strictObject({ reason: textOrNull }),
    answers: { 202: runDocument },
    handle: (call) => answered(call, "approved", call.body.reason),
  }),
  acting("/v1/runs/{run}/reject", {
    action: "reject",
    summary: "Has the candidate of a run that waits deleted",
    body: z.strictObject({ reason: text }),
    answers: { 202: runDocument },
    handle: (call) => answered(call, "rejected", call.body.reason),
  }),
  acting("/v1/recipes/{recipe}/pause", {
    action: "pause",
    summary: "Starts nothing by itself and deletes no old image, for a while",
    body: pauseBody,
    answers: { 200: pauseDocument },
    handle: async ({ actions, request, named, body: { reason, until } }) => ({
      document: await pause(actions, request, named("recipe"), { reason, until }),
    }),
  }),
  acting("/v1/recipes/{recipe}/resume", {
    action: "resume",
    summary: "Ends a pause, also one that failures have caused",
    body: z.strictObject({}),
    answers: { 200: pauseDocument },
    handle: async ({ actions, request, named }) => ({
      document: await resume(actions, request, named("recipe")),
    }),
  }),
  acting("/v1/recipes/{recipe}/rollback", {
    action: "rollback",
    summary: "Makes an earlier image current again. With the same Idempotency-Key: once",
    body: rollbackBody,
    answers: CHANGE_ANSWERS,
    handle: async ({ actions, request, records, named, body: { from, ...body } }) => {
      const recipeState = await headNamed(records, named("recipe"));
      const is = from === undefined ? body : { ...body, from };
      return changed(named("recipe"), await rollBack(actions, request, recipeState, is));
    },
  }),
  acting("/v1/images/{image}/revoke", {
    action: "revoke",
    summary: "Withdraws an image for good",
    body: revokeBody,
    answers: CHANGE_ANSWERS,
    handle: async (call) => {
      const { reason, recipe, even_if_last: evenIfLast } = call.body;
      const recipeState = await recipeOfImage(call, "revoke", recipe);
      const is = { image: call.named("image"), reason, evenIfLast };
      const asked = await revokeImage(call.actions, call.request, recipeState, is);
      return changed(recipeState.recipeName, asked);
    },
  }),
  acting("/v1/images/{image}/pin", {
    action: "pin",
    summary: "Keeps an image until somebody unpins it",
    body: pinBody,
    answers: { 200: pinDocument },
    handle: (call) => pinned(call, "pin", call.body),
  }),
  acting("/v1/images/{image}/unpin", {
    action: "unpin",
    summary: "Lets the usual rules delete an image again",
    body: unpinBody,
    answers: { 200: pinDocument },
    handle: (call) => pinned(call, "unpin", { ...call.body, reason: null }),
  }),
  acting("/v1/clean-up", {
    action: "clean up",
    summary: "Plans a clean-up: what happens to each image and snapshot, and why. Deletes nothing",
    body: cleanUpBody,
    answers: { 200: cleanUpDocument },
    handle: async ({ actions, request, body }) => ({
      document: await planCleanUp(actions.cleanUp, request.asker, body.recipe),
    }),
  }),
  acting("/v1/clean-up/{plan}/apply", {
    action: "clean up",
    summary: "Does what a plan says, or nothing if the clouds or the records have changed since",
    body: z.strictObject({}),
    answers: { 200: cleanUpDocument },
    handle: async ({ actions, request, named }) => ({
      document: await applyCleanUp(actions.cleanUp, request.asker, named("plan")),
    }),
  }),
  reading("/v1/recipes/{recipe}/changes/{change}", {
    summary: "What came of a rollback or revoke that was answered with 202",
    query: noQuery,
    answer: pointerChangeDocument,
    handle: async ({ actions, named }) => {
      const change = await changeOf(actions, named("recipe"), named("change"));
      if (change !== null) return change;
      throw new NotFound(
        `No change ${named("change")} was carried out`,
        "Ask again in some seconds, or send the same request with the same Idempotency-Key",
      );
    },
  }),
];

async function answered(
  call: Call,
  kind: "approved" | "rejected",
  reason: string | null,
): Promise<Done> {
  const record = await runSeen(call, kind === "approved" ? "approve" : "reject");
  await answerRun(call.actions, call.request, record, { kind, reason });
  return { document: await runNamed(call.records, record.run.id), status: 202 };
}

async function pinned(
  call: Call,
  action: "pin" | "unpin",
  { recipe, reason }: { recipe: string | null; reason: string | null },
): Promise<Done> {
  const recipeState = await recipeOfImage(call, action, recipe);
  const is = { image: call.named("image"), reason };
  return { document: await pinImage(call.actions, call.request, recipeState, is) };
}

function changed(recipe: string, { id, change }: Asked): Done {
  if (change !== null) return { document: change };
  const location = `/v1/recipes/${recipe}/changes/${id}`;
  return { document: { schema: SCHEMA, change: null }, status: 202, headers: { location } };
}
