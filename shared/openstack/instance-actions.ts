import * as z from "zod/mini";
import { CloudError } from "./errors.ts";
import { cloudWords } from "../plain-text.ts";
import { requestIdOf } from "./exchange.ts";
import { isCloudId, segment } from "../cloud-ids.ts";
import { entries } from "./pages.ts";
import type { ServerAction } from "../cloud-ports.ts";
import type { Service } from "./service.ts";
import { utcMs } from "../utc-ms.ts";

// Compute api-ref, "Servers actions"; seen on Zed. `message` is "Error" when an event failed.
const actionSchema = z.looseObject({
  action: z.string(),
  request_id: z.nullish(z.string()),
  project_id: z.nullish(z.string()),
  start_time: z.string(),
  message: z.nullish(z.string()),
});

const listSchema = z.looseObject({ instanceActions: z.array(z.unknown()) });

const eventSchema = z.looseObject({
  event: z.string(),
  result: z.nullish(z.string()),
  /** From 2.84. */
  details: z.nullish(z.string()),
});

export interface Failure {
  message: string;
  requestId: string | null;
}

/** Null also where the cloud keeps no actions, or does not show them to us. */
export async function instanceFailure(
  nova: Service,
  serverId: string,
  action: string,
  sinceMs: number,
): Promise<Failure | null> {
  const path = actionsPath(serverId);
  try {
    const { actions } = await listed(nova, serverId);
    const newest = actions.find(
      (entry) => entry.action === action && startedMs(entry) >= wholeSecond(sinceMs),
    );
    if (newest?.message == null) return null;
    if (!isCloudId(newest.request_id)) {
      return { message: cloudWords(newest.message), requestId: requestIdOf(newest.request_id) };
    }
    const one = await nova.send({
      operation: "showAction",
      effect: "read",
      method: "GET",
      path: `${path}/${segment(newest.request_id)}`,
    });
    const detail = z.looseObject({
      instanceAction: z.looseObject({ events: z.nullish(entries(eventSchema)) }),
    });
    const events = one.read(detail).instanceAction.events ?? [];
    const failed = events.find((event) => event.result === "Error");
    return { message: cloudWords(describe(failed, newest.message)), requestId: newest.request_id };
  } catch (error) {
    if (isHidden(error)) return null;
    throw error;
  }
}

/** Newest first. Null also if an entry cannot be read: nobody knows then what was done. */
export async function instanceActions(
  nova: Service,
  serverId: string,
): Promise<ServerAction[] | null> {
  try {
    const { actions, isWhole } = await listed(nova, serverId);
    const found = actions.flatMap(({ action, request_id: id, project_id: projectId }) =>
      id == null ? [] : [{ action, requestId: id, projectId: projectId ?? null }],
    );
    return isWhole && found.length === actions.length ? found : null;
  } catch (error) {
    if (isHidden(error)) return null;
    throw error;
  }
}

/** Newest first. */
async function listed(nova: Service, serverId: string) {
  const path = actionsPath(serverId);
  const answer = await nova.send({ operation: "listActions", effect: "read", method: "GET", path });
  const { instanceActions: all } = answer.read(listSchema);
  const actions = all.flatMap((entry) => actionSchema.safeParse(entry).data ?? []);
  const isWhole = actions.length === all.length;
  return { actions: actions.toSorted((a, b) => startedMs(b) - startedMs(a)), isWhole };
}

function actionsPath(serverId: string): string {
  return `/servers/${segment(serverId)}/os-instance-actions`;
}

function isHidden(error: unknown): boolean {
  return error instanceof CloudError && (error.code === "not-found" || error.code === "forbidden");
}

function describe(event: z.infer<typeof eventSchema> | undefined, message: string): string {
  if (event === undefined) return message;
  const details = event.details == null ? "" : `: ${event.details}`;
  return `${event.event} ended in ${event.result ?? message}${details}`;
}

function startedMs(entry: { start_time: string }): number {
  return utcMs(entry.start_time);
}

/** Nova's times have a grain of one second. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
