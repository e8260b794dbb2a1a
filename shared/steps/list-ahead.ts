import { CloudError } from "../openstack/errors.ts";
import type { CloudRef, Image } from "../cloud-ports.ts";
import type { Key, ReconcileRequest } from "../ports.ts";
import { load } from "../protocol/actor.ts";
import { cloudOf, type Deps } from "../protocol/step.ts";
import { runSchema } from "../run/record.ts";

/** Ids of one list call: 400 make a URL that Glance refuses with 414, 60 are fine (seen on Zed). */
const MAX_IDS = 60;
/** Longest time for the lists. The rest of a message's time is for the work itself. */
const LIST_MS = 30_000;

/**
 * Reads the images that a batch of runs waits for, with one list call per cloud. An image that the list lacks may be
 * hidden, so its run reads it by id. If the list fails, all runs read their images by id.
 */
export async function listAhead(
  deps: Deps,
  requests: ReconcileRequest[],
): Promise<Map<string, Image>> {
  const wanted = new Map<string, { ref: CloudRef; ids: string[] }>();
  for (const { key, version } of requests.length > 1 ? requests : []) {
    if (!key.sk.startsWith("run#")) continue;
    const run = await runAt(deps, key);
    if (
      run === null ||
      run.version !== version ||
      run.doc.candidate === null ||
      run.doc.reconcileAtMs > deps.now()
    )
      continue;
    const ref = cloudOf(run.doc);
    const place = `${ref.cloud}\n${ref.region ?? ""}`;
    const group = wanted.get(place) ?? { ref, ids: [] };
    wanted.set(place, { ref, ids: [...group.ids, run.doc.candidate.id] });
  }
  const listed = new Map<string, Image>();
  const ask = async ({ ref, ids }: { ref: CloudRef; ids: string[] }) => {
    try {
      const untilMs = Math.min(deps.now() + LIST_MS, deps.untilMs ?? Number.POSITIVE_INFINITY);
      const { images } = deps.clouds.open(ref, () => {}, untilMs);
      for (let at = 0; at < ids.length; at += MAX_IDS) {
        for (const [id, image] of await images.listed(ids.slice(at, at + MAX_IDS)))
          listed.set(id, image);
      }
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      deps.log.warn("list of a batch failed", { cloud: ref.cloud, reason: error.message });
    }
  };
  // At the same time, so that a slow cloud does not use up the time of the others.
  await Promise.all([...wanted.values()].map(ask));
  return listed;
}

/** Skips a record that cannot be read: its own message reports it. */
async function runAt({ store }: Deps, key: Key) {
  try {
    return await load(store, key, runSchema);
  } catch {
    return null;
  }
}
