import type { SourceState } from "../run/source-state.ts";
import type { SeenSource } from "./state.ts";

/** Actions that write nothing to the disks of a server that is off, by Nova's names (nova/compute/instance_actions.py). */
const READING = ["createImage", "createBackup", "lock", "unlock"];
/** A guest may write then. Where a version says what the source holds, that does not matter. */
const RUNNING = READING.concat([
  "start",
  "stop",
  "reboot",
  "pause",
  "unpause",
  "suspend",
  "resume",
  "live-migration",
]);

/**
 * Compares what a source shows with what it showed when the current image was taken. No service tells what a guest writes,
 * so a source that may have run since counts as changed, unless the recipe names a version and the version is the same.
 */
export function compareSource(
  was: SourceState,
  { state: now, actions }: SeenSource,
  versionKey: string | null,
): { isUnchanged: boolean; text: string } {
  const changed = (text: string) => ({ isUnchanged: false, text });
  const hasVersion = versionKey !== null;
  if (hasVersion && (was.version === null || now.version === null))
    return changed(`metadata ${versionKey} ${now.version === null ? "is" : "was"} missing`);
  if (hasVersion && was.version !== now.version)
    return changed(`metadata ${versionKey} was ${was.version}, and is ${now.version}`);
  if (!hasVersion && !(was.isStill && now.isStill))
    return changed("a guest may have written to its disks");
  const since = actionsSince(actions, was.lastAction);
  if (since === null) return changed("Nova does not list its earlier actions any more");
  const harmless = hasVersion ? RUNNING : READING;
  const other = since.find((action) => !harmless.includes(action));
  if (other !== undefined) return changed(`Nova lists ${other} since then`);
  const differing = volumeChange(was, now);
  if (differing !== null) return changed(differing);
  return { isUnchanged: true, text: evidence(now, { since, versionKey }) };
}

function actionsSince(actions: SeenSource["actions"], last: string | null): string[] | null {
  const names = actions.map(({ action }) => action);
  if (last === null) return names;
  const place = actions.findIndex(({ requestId }) => requestId === last);
  return place === -1 ? null : names.slice(0, place);
}

function volumeChange(was: SourceState, now: SourceState): string | null {
  const ids = (state: SourceState): string => state.volumes.map(({ id }) => id).join(" ");
  if (ids(was) !== ids(now)) return "it has other volumes";
  for (const { id, updatedAt } of now.volumes) {
    const before = was.volumes.find((volume) => volume.id === id)?.updatedAt ?? null;
    if (before === null) return `the time of volume ${id} was not known then`;
    if (updatedAt === null) return `Cinder gives no time of volume ${id}`;
    if (before !== updatedAt) return `Cinder dates a change of volume ${id} at ${updatedAt}`;
  }
  return null;
}

/** What the decision rests on. */
function evidence(
  now: SourceState,
  { since, versionKey }: { since: string[]; versionKey: string | null },
): string {
  const parts = [];
  if (versionKey !== null) parts.push(`metadata ${versionKey} is still ${now.version}`);
  else if (now.lastAction === null && now.volumes.length === 1) parts.push("no server has it");
  else parts.push("the server is SHUTOFF, as it was then");
  if (now.lastAction !== null) {
    const names = [...new Set(since)].join(", ");
    parts.push(`Nova lists ${names === "" ? "no action" : `only ${names}`} since then`);
  }
  if (now.volumes.length > 0) parts.push("Cinder dates no change of its volumes since then");
  return parts.join("; ");
}
