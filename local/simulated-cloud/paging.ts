import { Refusal } from "./answers.ts";
import type { Call } from "./call.ts";

/**
 * Nova's and Cinder's pages: `limit` and `marker`, newest first, and a link to the next page as long as
 * the page is full.
 */
export function pageOf<Item extends { id: string; createdAtMs: number }>(
  call: Call,
  serviceUrl: string,
  listName: string,
  found: Item[],
  show: (item: Item) => unknown,
): Record<string, unknown> {
  const text = call.query.get("limit");
  if (text !== null && !/^[0-9]*$/u.test(text)) {
    const rule = `'${text}' does not match '^[0-9]*$'`;
    throw new Refusal(400, `Invalid input for query parameters limit. Value: ${text}. ${rule}`);
  }
  const { maxPage } = call.world.settings;
  const limit = Math.min(text === null || text === "" ? maxPage : Number(text), maxPage);
  const sorted = found.toSorted(
    (left, right) =>
      right.createdAtMs - left.createdAtMs ||
      (left.id < right.id ? 1 : left.id > right.id ? -1 : 0),
  );
  const marker = call.query.get("marker");
  const start = marker === null ? 0 : sorted.findIndex((item) => item.id === marker) + 1;
  if (marker !== null && start === 0) throw new Refusal(400, `marker [${marker}] not found`);
  const page = sorted.slice(start, start + limit);
  const last = page.at(-1);
  const body: Record<string, unknown> = { [listName]: page.map(show) };
  if (last !== undefined && page.length === limit) {
    const query = new URLSearchParams(call.query);
    query.set("marker", last.id);
    const href = `${serviceUrl}${call.path}?${query.toString()}`;
    body[`${listName}_links`] = [{ rel: "next", href }];
  }
  return body;
}
