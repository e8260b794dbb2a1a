import * as z from "zod/mini";
import type { HttpRequest, HttpResponse } from "../ports.ts";

/** An image whose content is there. One of size 0 names snapshots, and is active before they are. */
const uploadedSchema = z.object({
  status: z.literal("active"),
  size: z.int().check(z.positive()),
  updated_at: z.iso.datetime(),
});
const answerSchema = z.union([
  z.pipe(
    z.object({ images: z.array(z.unknown()) }),
    z.transform(({ images }) => images),
  ),
  z.transform((image: unknown) => [image]),
]);

const IMAGES = /\/v2\/images(\/[^/]+)?$/;

/**
 * How many seconds ago the uploads ended that a check of images finds ended. Glance writes `updated_at` with the last byte
 * (image api-ref, show image), by its own clock and in whole seconds.
 */
export function lateSeconds(request: HttpRequest, answer: HttpResponse, nowMs: number): number[] {
  if (request.method !== "GET" || answer.status !== 200) return [];
  if (!IMAGES.test(new URL(request.url).pathname)) return [];
  return answerSchema.parse(jsonIn(answer.text)).flatMap((image) => {
    const uploaded = uploadedSchema.safeParse(image);
    if (!uploaded.success) return [];
    return Math.max(0, (nowMs - Date.parse(uploaded.data.updated_at)) / 1000);
  });
}

/** Null: no JSON, as of a proxy. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
