import * as z from "zod/mini";

/** A `{region_name}` that is still there finds no region to stand for. */
export const urlSchema = z.url({ protocol: /^https?$/ }).check(z.regex(/^[^{}]*$/));

/** Fills in `{region_name}`, as openstacksdk does. */
export function withRegion(text: string, region: string | null): string {
  return text.replaceAll("{region_name}", region ?? "{region_name}");
}
