import type { Cloud, Server, ServerAction, Volume } from "../cloud-ports.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Source } from "../run/record.ts";
import type { SourceState } from "../run/source-state.ts";
import { utcMs } from "../utc-ms.ts";

/**
 * Cinder writes that the volume is available again at most so long after the image became active. Nobody attaches the
 * volume, changes it and detaches it in this time, so a time within it is that of the upload.
 */
const AFTER_UPLOAD_MS = 15_000;

export interface SeenSource {
  state: SourceState;
  /** Newest first. Empty for a volume. */
  actions: ServerAction[];
}

/** Null: the source is gone, or the cloud does not show what was done to it. */
export async function seeSourceState(
  { compute, volumes }: Pick<Cloud, "compute" | "volumes">,
  recipe: Recipe,
  { kind, id }: Pick<Source, "kind" | "id">,
): Promise<SeenSource | null> {
  const versionKey = recipe.skipUnchanged?.version ?? null;
  const versionOf = (metadata: Record<string, string>): string | null =>
    versionKey === null ? null : metadata[versionKey] || null;
  if (kind === "volume") {
    const volume = await volumes.volume(id);
    if (volume === null) return null;
    const state = {
      isStill: isUnattached(volume),
      version: versionOf(volume.metadata),
      lastAction: null,
      volumes: [dated(volume)],
    };
    return { state, actions: [] };
  }
  // The actions are read last: one that begins in between is in the list, and one that is not begins later.
  const server = await compute.server(id);
  if (server === null) return null;
  const taken: SourceState["volumes"] = [];
  let isShared = false;
  for (const volumeId of server.volumeIds.toSorted()) {
    const volume = await volumes.volume(volumeId);
    taken.push(volume === null ? { id: volumeId, updatedAt: null } : dated(volume));
    isShared ||= volume !== null && mayBeElsewhere(volume, id);
  }
  const actions = await compute.actionsOf(id);
  if (actions === null) return null;
  const state = {
    isStill: server.status === "SHUTOFF" && server.taskState === null && !isShared,
    version: versionOf(server.metadata),
    lastAction: actions[0]?.requestId ?? null,
    volumes: taken,
  };
  return { state, actions };
}

/**
 * The upload of a volume changes the volume's own time, so the time after it counts. A later time may be of a change that
 * the image lacks: then no time counts, and the next start makes an image.
 */
export function afterUpload(
  before: SourceState,
  { capture }: Recipe,
  source: Server | Volume,
  activeAtMs: number | null,
): SourceState {
  if (capture !== "volume" || !("attachments" in source)) return before;
  const isStill = before.isStill && isUnattached(source);
  const updatedAtMs = utcMs(source.updatedAt);
  const isOfUpload =
    activeAtMs !== null && updatedAtMs > 0 && updatedAtMs <= activeAtMs + AFTER_UPLOAD_MS;
  const volume = isOfUpload ? dated(source) : { id: source.id, updatedAt: null };
  return { ...before, isStill, volumes: [volume] };
}

/** Another server may write to a volume of several servers, and Nova lists nothing of that for this one. */
function mayBeElsewhere({ attachments, oddFields }: Volume, serverId: string): boolean {
  return oddFields.length > 0 || attachments.some((each) => each.serverId !== serverId);
}

function isUnattached({ status, attachments, oddFields }: Volume): boolean {
  return status === "available" && attachments.length === 0 && oddFields.length === 0;
}

function dated({ id, updatedAt }: Volume): SourceState["volumes"][number] {
  return { id, updatedAt };
}
