import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import type { Run } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import type { StepName } from "../run/step-names.ts";
import { commit, load, unborn } from "./actor.ts";
import type { Deps } from "./step.ts";

const cancelSchema = z.strictObject({ schema: z.literal(1), by: z.string(), atMs: z.int() });

const REMEMBERED_MS = 30 * 24 * 3_600_000;

/** Asks a run to end. Records the person first. If several ask, the first one is named. */
export async function requestCancel(
  deps: Pick<Deps, "store" | "ids" | "now">,
  runId: string,
  by: string,
): Promise<void> {
  const now = deps.now();
  const doc = { schema: 1 as const, by, atMs: now };
  const expiresAtMs = now + REMEMBERED_MS;
  await commit(deps, unborn(cancelKey(runId), doc), doc, { sweepAtMs: null, expiresAtMs });
  await deps.store.mark(runKey(runId), { cancelAtMs: now, sweepAtMs: now });
}

/** @returns null: unknown, because an earlier version recorded the cancel. */
export async function cancelOf(
  store: Deps["store"],
  runId: string,
): Promise<{ by: string; atMs: number } | null> {
  const found = await load(store, cancelKey(runId), cancelSchema);
  return found === null ? null : { by: found.doc.by, atMs: found.doc.atMs };
}

/** `while the image was uploading`: how far the run had come. */
export function whileIn({ step }: Pick<Run, "step">): string {
  return WHILE[step];
}

const WHILE: Record<StepName, string> = {
  "prepare-source": "while the source was being prepared",
  "create-image": "while the image was being created",
  "check-status": "while the image was uploading",
  "restore-source": "while the server was being started again",
  distribute: "while the image was being copied to other zones",
  "validate-sync": "while the image was being validated",
  "test-boot": "while a server was booted from the image",
  "promote-image": "before the image became current",
  "retire-images": "while old images were being deleted",
  "clean-up-snapshots": "while snapshots were being deleted",
  abandon: "while the run was being undone",
};

function cancelKey(runId: string): Key {
  return { pk: `C#${runId}`, sk: "cancel" };
}
