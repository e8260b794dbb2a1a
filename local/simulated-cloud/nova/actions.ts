import { Refusal, type Answer } from "../answers.ts";
import type { Call } from "../call.ts";
import type { Server, ServerAction } from "../resources.ts";
import { isoMicros } from "../times.ts";
import { serverOf } from "./server.ts";

/** Newest first. A failed one says `Error`, and to a member no more than that. */
export function listActions(call: Call): Answer {
  const server = serverOf(call);
  const actions = server.actions.map((action) => actionBody(call, server, action));
  return { status: 200, body: { instanceActions: actions } };
}

export function showAction(call: Call): Answer {
  const server = serverOf(call);
  const id = call.params["request"] ?? "";
  const action = server.actions.find(({ requestId }) => requestId === id);
  if (action === undefined) {
    const where = `on instance ${server.id}`;
    throw new Refusal(404, `Action for request_id ${id} ${where} not found`);
  }
  const event = {
    event: action.event,
    start_time: isoMicros(action.startAtMs),
    finish_time: action.finished ? isoMicros(action.updatedAtMs) : null,
    result: action.finished ? (action.message ?? "Success") : null,
  };
  const body = {
    ...actionBody(call, server, action),
    ...(call.minor >= 51 ? { events: [event] } : {}),
  };
  return { status: 200, body: { instanceAction: body } };
}

function actionBody(call: Call, server: Server, action: ServerAction): Record<string, unknown> {
  return {
    action: action.action,
    instance_uuid: server.id,
    request_id: action.requestId,
    user_id: action.isByGuest === true ? null : server.userId,
    project_id: action.isByGuest === true ? null : server.projectId,
    start_time: isoMicros(action.startAtMs),
    message: action.message,
    ...(call.minor >= 58 ? { updated_at: isoMicros(action.updatedAtMs) } : {}),
  };
}
