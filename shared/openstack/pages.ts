import * as z from "zod/mini";
import type { ServiceCall, Service } from "./service.ts";
import { CloudError } from "./errors.ts";

/** The services' own cap; asking for more is cut in silence (seen on Zed). */
const PAGE_LIMIT = "1000";

interface PageOf<T> {
  items: T[];
  /** Query of the next page; null at the end. */
  next: Record<string, string> | null;
}

/**
 * Every page of a list, or thrown: half a list would let a clean-up delete what the other half needs.
 * A marker that was deleted meanwhile (400 or 404) means the list changed: weather, so look again.
 */
export async function everyPage<T>(
  service: Service,
  call: Pick<ServiceCall, "operation" | "path"> & { query: Record<string, string> },
  schema: z.ZodMiniType<PageOf<T>>,
): Promise<T[]> {
  const items: T[] = [];
  const first = { ...call.query, limit: PAGE_LIMIT };
  for (let next: Record<string, string> | null = first; next !== null;) {
    const query: Record<string, string> = next;
    const page: PageOf<T> = await onePage(service, { ...call, query }, schema);
    items.push(...page.items);
    next = page.next === null ? null : { ...first, ...page.next };
    if (next !== null && next["marker"] === query["marker"]) throw changedUnderUs(call.operation);
  }
  return items;
}

async function onePage<T>(
  service: Service,
  call: Pick<ServiceCall, "operation" | "path"> & { query: Record<string, string> },
  schema: z.ZodMiniType<PageOf<T>>,
): Promise<PageOf<T>> {
  try {
    const answer = await service.send({ ...call, effect: "read", method: "GET" });
    return answer.read(schema);
  } catch (error) {
    const isMarker = call.query["marker"] !== undefined;
    const isGone =
      error instanceof CloudError &&
      (error.code === "invalid-request" || error.code === "not-found");
    throw isMarker && isGone ? changedUnderUs(call.operation, error) : error;
  }
}

function changedUnderUs(operation: string, cause?: CloudError): CloudError {
  return new CloudError(`${operation}: the list changed between two of its pages`, {
    kind: "weather",
    call: cause?.call ?? null,
    ...(cause === undefined ? {} : { cause }),
  });
}

export const linksSchema = z._default(z.array(z.object({ rel: z.string() })), []);

/** Nova's and Cinder's lists: a link `next` appears when there is more; its host is often a wrong one. */
export function nextByMarker(
  items: Array<{ id: string }>,
  links: z.infer<typeof linksSchema>,
): Record<string, string> | null {
  const last = items.at(-1);
  const more = links.some((link) => link.rel === "next");
  return more && last !== undefined ? { marker: last.id } : null;
}
