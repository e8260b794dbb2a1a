import * as z from "zod/mini";
import type { Stage } from "./stage.ts";

const versionsSchema = z.object({ versions: z.array(z.looseObject({ version: z.string() })) });

/** The newest Nova that was seen to wait for the upload speaks 2.100, the oldest that does not 2.104. */
const IN_BACKGROUND_SINCE = 104;

/**
 * Whether the action `createImage` ends with the upload, so that Nova can tell there why one broke. Nova 34 hands the
 * snapshot to a pool of threads and calls its event a success at once (nova/compute/manager.py, `snapshot_instance`).
 */
export async function toldByNova(stage: Stage): Promise<boolean> {
  const { json } = await stage.call({ service: "compute", token: null, root: true, path: "/" });
  const minors = versionsSchema
    .parse(json)
    .versions.map(({ version }) => Number(version.replace("2.", "")));
  return Math.max(...minors) < IN_BACKGROUND_SINCE;
}
