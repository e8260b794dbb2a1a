import { type Delivery, headerOf } from "./delivery.ts";
import { sha256 } from "./digest.ts";
import type { Places } from "./sender.ts";

/** The event that a recipe's `webhook.event` is compared with: by default the payload's `type`. */
export function eventAt(
  delivery: Delivery,
  payload: object,
  { event_header: header, event_field: field }: Places,
): string | null {
  if (header !== undefined) return headerOf(delivery, header.toLowerCase());
  return fieldOf(payload, field ?? "type");
}

/**
 * What a repetition is known by. A sender that gives its deliveries no id repeats them with the same body, so the body
 * tells it then.
 */
export function idAt(
  delivery: Delivery,
  { id_header: header, id_field: field }: Places,
): string | null {
  if (header !== undefined) return headerOf(delivery, header.toLowerCase());
  if (field === undefined) return sha256(delivery.body).toString("hex");
  try {
    const payload: unknown = JSON.parse(Buffer.from(delivery.body).toString("utf8"));
    return typeof payload === "object" && payload !== null ? fieldOf(payload, field) : null;
  } catch {
    return null;
  }
}

/** @param path names joined by dots. @returns null: there is no text or whole number. */
function fieldOf(payload: object, path: string): string | null {
  let value: unknown = payload;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return null;
    value = Object.getOwnPropertyDescriptor(value, name)?.value;
  }
  if (typeof value === "string") return value === "" ? null : value;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : null;
}
