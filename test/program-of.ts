import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";

const manifestSchema = z.object({ bin: z.object({ regild: z.string() }) });

/** @returns the path of a checkout's command. It had another name in older ones. */
export function programOf(checkout: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
  return join(checkout, manifestSchema.parse(manifest).bin.regild);
}
