import type { IncomingMessage } from "node:http";
import { type AccessAction, recipesSeenBy } from "../../shared/access/may.ts";
import { type Gate, need, needOwnPage, needSome, type Visitor } from "../access/gate.ts";
import { formOf } from "../access/sign-in.ts";
import { cancelRun } from "../actions/cancel.ts";
import { rollBack } from "../actions/change-current.ts";
import { type ActionDeps, byOf } from "../actions/deps.ts";
import { pause, resume } from "../actions/pause.ts";
import { pinImage } from "../actions/pin.ts";
import { refreshRecipe } from "../actions/refresh.ts";
import { answerApproval } from "../../shared/commands/approve.ts";
import { sentOrSwept } from "../../shared/protocol/sent-or-swept.ts";
import { type HttpAnswer, Refused } from "../http-answer.ts";
import { findRun } from "../view/find-run.ts";
import { headNamed } from "../view/queries.ts";
import type { Records } from "../view/read.ts";
import type { RunRecord } from "../view/run.ts";
import { recordsSeenBy } from "../view/seen.ts";
import { cleanUpBy } from "./clean-up-site.ts";
import { recipePath, runPath } from "./words.ts";

/** What the forms of the page do. The actions are those of the HTTP API; a form alone has a CSRF token. */
export interface PageActions {
  records: Records;
  actions: ActionDeps;
  gate: Gate;
}

interface Sent {
  on: PageActions;
  /** The recipe, run or plan in the path. */
  name: string;
  visitor: Visitor;
  form: URLSearchParams;
}

/** Each answers with the path of the page to go on to, or with a page. @throws Refused, NotFound */
const ACTIONS: Record<string, (sent: Sent) => Promise<string | HttpAnswer>> = {
  "clean-up apply": ({ on, name, visitor }) => cleanUpBy(on, visitor, name),
  "recipes refresh": async ({ on, name, visitor, form }) => {
    need(visitor, "refresh", name);
    const request = { asker: visitor, key: form.get("key") };
    const is = { inputs: inputsIn(form), evenIfPaused: false, force: false };
    return runPath(await refreshRecipe(on.actions, request, name, is));
  },
  "recipes rollback": async ({ on, name, visitor, form }) => {
    need(visitor, "rollback", name);
    const recipeState = await headNamed(on.records, name);
    const from = textIn(form, "from");
    const is = { image: textIn(form, "image"), from, reason: textIn(form, "reason") };
    await rollBack(on.actions, { asker: visitor, key: null }, recipeState, is);
    return recipePath(name);
  },
  "recipes pin": async ({ on, name, visitor, form }) => {
    need(visitor, "pin", name);
    const reason = textIn(form, "reason");
    if (reason === null) throw new Refused(422, "wrong-form", "Say why", null, "reason");
    await changePinOf({ on, name, visitor, form }, reason);
    return recipePath(name);
  },
  "recipes unpin": async ({ on, name, visitor, form }) => {
    need(visitor, "unpin", name);
    await changePinOf({ on, name, visitor, form }, null);
    return recipePath(name);
  },
  "recipes pause": async ({ on, name, visitor, form }) => {
    need(visitor, "pause", name);
    const reason = textIn(form, "reason") ?? "no reason was given";
    await pause(on.actions, { asker: visitor }, name, { reason, until: null });
    return recipePath(name);
  },
  "recipes resume": async ({ on, name, visitor }) => {
    need(visitor, "resume", name);
    await resume(on.actions, { asker: visitor }, name);
    return recipePath(name);
  },
  "runs approve": (sent) => answer(sent, "approve", "approved"),
  "runs reject": (sent) => answer(sent, "reject", "rejected"),
  "runs cancel": async ({ on, name, visitor }) => {
    const record = await runSeen({ on, name, visitor }, "cancel");
    await cancelRun(on.actions, { asker: visitor }, record);
    return runPath(record.run.id);
  },
};

/** @throws NotFound, Refused */
async function changePinOf(
  { on, name, visitor, form }: Sent,
  reason: string | null,
): Promise<void> {
  const recipeState = await headNamed(on.records, name);
  const image = textIn(form, "image") ?? "";
  await pinImage(on.actions, { asker: visitor }, recipeState, { image, reason });
}

/** @throws NotFound, also of a run that the visitor may not see; Refused */
async function runSeen(
  { on, name, visitor }: Omit<Sent, "form">,
  action: AccessAction,
): Promise<RunRecord> {
  needSome(visitor, action);
  const record = await findRun(recordsSeenBy(recipesSeenBy(visitor), on.records), name);
  need(visitor, action, record.run.recipeName);
  return record;
}

/** The answer of a person to a run that waits for one. @throws Refused, NotFound */
async function answer(
  { on, name, visitor, form }: Sent,
  action: "approve" | "reject",
  kind: "approved" | "rejected",
): Promise<string> {
  const { run } = await runSeen({ on, name, visitor }, action);
  const reason = textIn(form, "reason");
  if (kind === "rejected" && reason === null) {
    throw new Refused(422, "wrong-form", "Say in a few words why not", null, "reason");
  }
  const deps = { ...on.actions, queue: sentOrSwept(on.actions.queue, on.actions.log) };
  const answered = await answerApproval(deps, run.id, { kind, by: byOf(visitor), reason });
  if ("refused" in answered) throw new Refused(409, "not-waiting", answered.refused);
  return runPath(run.id);
}

/** @returns null: no form is sent to this path. @throws Refused, NotFound, URIError */
export async function actBy(
  on: PageActions,
  path: string,
  request: IncomingMessage,
): Promise<HttpAnswer | null> {
  const [, collection = "", name = "", what = "", ...more] = path
    .split("/")
    .map(decodeURIComponent);
  const key = `${collection} ${what}`;
  const act = Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : undefined;
  if (act === undefined || name === "" || more.length > 0) return null;
  const visitor = await on.gate.whoAsks(request);
  const form = await formOf(request);
  needOwnPage(visitor, request, form.get("csrf") ?? "");
  const done = await act({ on, name, visitor, form });
  // Source: RFC 9110, section 15.4.4: the browser goes on with GET.
  return typeof done === "string" ? { status: 303, headers: { location: done }, text: "" } : done;
}

function textIn(form: URLSearchParams, field: string): string | null {
  const text = (form.get(field) ?? "").trim().slice(0, 500);
  return text === "" ? null : text;
}

function inputsIn(form: URLSearchParams): Record<string, string> {
  const given = [...form].filter(([name, value]) => name.startsWith("input.") && value !== "");
  return Object.fromEntries(given.map(([name, value]) => [name.slice("input.".length), value]));
}
