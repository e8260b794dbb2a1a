import * as z from "zod/mini";

export const urlSchema = z.url({ protocol: /^https?$/ });

/** Fills in `{region_name}`, as openstacksdk does. */
export function withRegion(text: string, region: string | null): string {
  return text.replaceAll("{region_name}", region ?? "{region_name}");
}
