import type * as z from "zod/mini";
import type { Delivery } from "../webhook/delivery.ts";

/** Fields of an `application/x-www-form-urlencoded` body. Never throws. */
export function formOf({ body }: Delivery): URLSearchParams {
  return new URLSearchParams(Buffer.from(body).toString("utf8"));
}

/** @returns null: the body is not such a document. */
export function jsonOf<T>({ body }: Delivery, schema: z.ZodMiniType<T>): T | null {
  try {
    return jsonIn(new TextDecoder("utf-8", { fatal: true }).decode(body), schema);
  } catch {
    return null;
  }
}

/** @returns null: the text is not such a document. */
export function jsonIn<T>(text: string, schema: z.ZodMiniType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&nbsp;": " ",
  "&amp;": "&",
};

/** Decodes once: `&amp;lt;` becomes `&lt;`. */
export function withoutEntities(text: string): string {
  return text.replaceAll(/&(?:lt|gt|quot|#39|nbsp|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}
