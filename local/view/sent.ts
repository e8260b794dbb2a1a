import * as z from "zod/mini";
import type { Run } from "../../shared/run/record.ts";

export const sentSchema = z.strictObject({ bytes: z.int(), of_bytes: z.int() });

/** How much of its copies Regild had sent at the last look. Null: it sends nothing now. */
export function sentOf({
  outcome,
  step,
  candidate,
  copies,
}: Run): z.infer<typeof sentSchema> | null {
  const sending = copies.flatMap(({ sentBytes }) => sentBytes ?? []);
  const sizeBytes = candidate?.sizeBytes ?? null;
  if (outcome !== null || step !== "distribute" || sizeBytes === null) return null;
  return sending.length === 0
    ? null
    : {
        bytes: sending.reduce((sum, bytes) => sum + bytes, 0),
        of_bytes: sending.length * sizeBytes,
      };
}
