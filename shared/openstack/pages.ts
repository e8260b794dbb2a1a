import * as z from "zod/mini";
import { LIST_BOUNDS, RECONCILE_BUDGET_MS, PAGE_ITEMS } from "../bounds.ts";
import { isCloudId } from "../cloud-ids.ts";
import { isRaw } from "./lenient.ts";
import type { Answer } from "./answer.ts";
import type { ServiceCall, Service } from "./service.ts";
import { CloudError, IncompleteListError, OutOfTimeError, TooLargeError } from "./errors.ts";

interface PageOf<T> {
  items: T[];
  /** Null: this was the last page. A marker of null: there is more, and the page does not say where. */
  next: { marker: string | null } | null;
}

type ListCall = Pick<ServiceCall, "operation" | "path"> & { query: Record<string, string> };

/** Entries of a list that are no such record, such as null or a text, are left out. */
export function entries<T>(schema: z.ZodMiniType<T>) {
  return z.pipe(
    z.array(z.unknown()),
    z.transform((list): T[] =>
      list.flatMap((entry) => {
        const read = schema.safeParse(entry);
        return read.success ? [read.data] : [];
      }),
    ),
  );
}

/**
 * Every page of a list, or thrown: half a list would let a clean-up delete what the other half needs. Pages, entries
 * and bytes are bounded, and no marker is asked for twice, so a list without an end is given up.
 * A marker that was deleted meanwhile (400 or 404) means the list changed, so the next check begins anew.
 * @param pageRead called for each page
 * @throws CloudError transient
 */
export async function everyPage<T>(
  service: Service,
  call: ListCall,
  schema: z.ZodMiniType<PageOf<T>>,
  pageRead: () => void = () => {},
): Promise<T[]> {
  const items: T[] = [];
  const markers = new Set<string>();
  const read = { pages: 0, items: 0, bytes: 0 };
  let marker: string | null = null;
  do {
    const query = { ...call.query, ...(marker === null ? {} : { marker }) };
    let next: { answer: Answer; page: PageOf<T> };
    try {
      next = await onePage(service, { ...call, query }, schema);
    } catch (error) {
      const isSlow = error instanceof OutOfTimeError && read.pages > 0;
      if (!isSlow) throw error;
      const problem = `no more time is spent on it at once than ${RECONCILE_BUDGET_MS / 1000} s`;
      throw incomplete(service, call.operation, read, problem);
    }
    const { answer, page } = next;
    for (const item of page.items) items.push(item);
    read.pages += 1;
    pageRead();
    read.items = items.length;
    read.bytes += answer.length;
    if (page.next === null) return items;
    marker = page.next.marker;
    const problem = problemOf(read, marker, markers);
    if (problem !== null) throw incomplete(service, call.operation, read, problem);
    markers.add(marker ?? "");
  } while (marker !== null);
  return items;
}

function problemOf(
  read: typeof LIST_BOUNDS,
  marker: string | null,
  markers: ReadonlySet<string>,
): string | null {
  if (marker === null) return "its next page has no usable marker";
  if (markers.has(marker)) return `its pages go in a circle, back to ${marker}`;
  if (read.pages >= LIST_BOUNDS.pages) return `no more than ${LIST_BOUNDS.pages} pages are read`;
  if (read.items >= LIST_BOUNDS.items) return `no more than ${LIST_BOUNDS.items} entries are read`;
  if (read.bytes >= LIST_BOUNDS.bytes)
    return `no more than ${LIST_BOUNDS.bytes / 1024 ** 2} MiB are read`;
  return null;
}

function incomplete(
  service: Service,
  operation: string,
  { pages, items }: typeof LIST_BOUNDS,
  problem: string,
): CloudError {
  const message = `The list is incomplete: ${operation} of the ${service.kind} service goes on after ${pages} pages with ${items} entries, and ${problem}. Nothing is deleted by half a list. Ask the cloud's operator why this list does not end`;
  return new IncompleteListError(message, { kind: "transient" });
}

/** A page that is too large to be read is asked for again with fewer entries: a stranger may store megabytes in one. */
async function onePage<T>(
  service: Service,
  call: ListCall,
  schema: z.ZodMiniType<PageOf<T>>,
): Promise<{ answer: Answer; page: PageOf<T> }> {
  for (let limit = PAGE_ITEMS; ; limit = Math.ceil(limit / 10)) {
    const query = { ...call.query, limit: String(limit) };
    try {
      const answer = await service.send({ ...call, query, effect: "read", method: "GET" });
      return { answer, page: answer.read(schema) };
    } catch (error) {
      if (error instanceof TooLargeError && limit > 1) continue;
      const isMarker = call.query["marker"] !== undefined;
      const isGone =
        error instanceof CloudError &&
        (error.code === "invalid-request" || error.code === "not-found");
      throw isMarker && isGone ? changedUnderUs(call.operation, error) : error;
    }
  }
}

function changedUnderUs(operation: string, cause: CloudError): CloudError {
  return new CloudError(`${operation}: the list changed between two of its pages`, {
    kind: "transient",
    call: cause.call,
    cause,
  });
}

/**
 * Nova's and Cinder's lists: a link `next` appears when there is more; its host is often a wrong one, so the marker is
 * the last id of the page.
 */
export function nextByMarker(
  items: ReadonlyArray<{ id: string }>,
  links: unknown,
): PageOf<never>["next"] {
  const more = Array.isArray(links) && links.some((link) => isRaw(link) && link["rel"] === "next");
  if (!more) return null;
  return { marker: items.findLast(({ id }) => isCloudId(id))?.id ?? null };
}
