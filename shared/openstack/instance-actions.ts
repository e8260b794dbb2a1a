import * as z from "zod/mini";
import { CloudError } from "./errors.ts";
import { segment, type Service } from "./service.ts";
import { utcMs } from "./time.ts";

// Compute api-ref, "Servers actions"; seen on Zed. `message` is "Error" when an event failed.
const actionSchema = z.object({
  action: z.string(),
  request_id: z.nullable(z.string()),
  start_time: z.string(),
  message: z.nullable(z.string()),
});

const eventSchema = z.object({
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
  const path = `/servers/${segment(serverId)}/os-instance-actions`;
  try {
    const list = await nova.send({
      operation: "listActions",
      effect: "read",
      method: "GET",
      path,
    });
    const { instanceActions } = list.read(z.object({ instanceActions: z.array(actionSchema) }));
    const newest = instanceActions
      .filter((entry) => entry.action === action && startedMs(entry) >= wholeSecond(sinceMs))
      .toSorted((a, b) => startedMs(b) - startedMs(a))[0];
    if (newest?.message == null) return null;
    if (newest.request_id === null) return { message: newest.message, requestId: null };
    const one = await nova.send({
      operation: "showAction",
      effect: "read",
      method: "GET",
      path: `${path}/${segment(newest.request_id)}`,
    });
    const detail = z.object({
      instanceAction: z.object({ events: z.nullish(z.array(eventSchema)) }),
    });
    const events = one.read(detail).instanceAction.events ?? [];
    const failed = events.find((event) => event.result === "Error");
    return { message: describe(failed, newest.message), requestId: newest.request_id };
  } catch (error) {
    const isHidden =
      error instanceof CloudError && (error.code === "not-found" || error.code === "forbidden");
    if (isHidden) return null;
    throw error;
  }
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
