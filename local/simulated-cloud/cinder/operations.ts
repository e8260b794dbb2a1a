import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call, type Operation } from "../call.ts";
import { isoMicros } from "../times.ts";
import { setImageMetadata, unsetImageMetadata } from "./image-metadata.ts";
import { revertVolume } from "./revert.ts";
import { createSnapshot, deleteSnapshot, listSnapshots, showSnapshot } from "./snapshots.ts";
import { uploadImage } from "./upload-image.ts";
import { createVolume, deleteVolume, gigabytesUsed, listVolumes, showVolume } from "./volumes.ts";

const MESSAGES_MINOR = 3;
const MESSAGE_FILTERS_MINOR = 5;

/** Newest first; filters came two minor versions after the messages. */
function listMessages(call: Call): Answer {
  if (call.minor < MESSAGES_MINOR) throw new Refusal(404, "The resource could not be found.");
  const resource = call.minor >= MESSAGE_FILTERS_MINOR ? call.query.get("resource_uuid") : null;
  const me = callerOf(call).project.id;
  const messages = call.world.messages
    .filter(
      ({ projectId, resourceId }) => projectId === me && (resource ?? resourceId) === resourceId,
    )
    .map((message) => ({
      id: message.id,
      event_id: message.eventId,
      user_message: message.text,
      message_level: "ERROR",
      created_at: isoMicros(message.createdAtMs),
      guaranteed_until: isoMicros(message.createdAtMs + 30 * 86_400_000),
      request_id: message.requestId,
      resource_type: message.resourceType,
      resource_uuid: message.resourceId,
    }));
  return { status: 200, body: { messages } };
}

function limitOf(quota: number): number {
  return Number.isFinite(quota) ? quota : -1;
}

function showLimits({ world }: Call): Answer {
  const absolute = {
    maxTotalVolumes: limitOf(world.settings.volumeQuota),
    maxTotalSnapshots: limitOf(world.settings.snapshotQuota),
    maxTotalVolumeGigabytes: limitOf(world.settings.gigabytesQuota),
    totalVolumesUsed: world.volumes.size,
    totalSnapshotsUsed: world.snapshots.size,
    totalGigabytesUsed: gigabytesUsed(world),
  };
  return { status: 200, body: { limits: { rate: [], absolute } } };
}

function versions(status: 200 | 300): (call: Call) => Answer {
  return ({ world }) => {
    const version = {
      id: "v3.0",
      status: "CURRENT",
      version: `3.${world.settings.volumeMinor}`,
      min_version: "3.0",
      updated: "2022-08-31T00:00:00Z",
      links: [{ rel: "self", href: `${world.baseUrl}/volume/v3/` }],
    };
    return { status, body: { versions: [version] } };
  };
}

const ACTIONS: Record<string, { name: string; run: (call: Call) => Answer }> = {
  "os-volume_upload_image": { name: "volume.uploadImage", run: uploadImage },
  "os-set_image_metadata": { name: "volume.setImageMetadata", run: setImageMetadata },
  revert: { name: "volume.revert", run: revertVolume },
  "os-unset_image_metadata": { name: "volume.unsetImageMetadata", run: unsetImageMetadata },
};

function actionIn(body: unknown): (typeof ACTIONS)[string] | undefined {
  const [action = ""] = typeof body === "object" && body !== null ? Object.keys(body) : [];
  return ACTIONS[action];
}

function act(call: Call): Answer {
  const action = actionIn(call.body);
  if (action === undefined) throw new Refusal(400, "There is no such action.");
  return action.run(call);
}

/** Below `/v3/PROJECT`: another project's id there is a malformed URL, not a missing permission. */
function ofProject(operation: Operation): Operation {
  return {
    ...operation,
    path: `/v3/:project${operation.path}`,
    run: (call) => {
      if (call.params["project"] !== callerOf(call).project.id) {
        throw new Refusal(400, "Malformed request url");
      }
      return operation.run(call);
    },
  };
}

const volume = "/volumes/:id";
const snapshot = "/snapshots/:id";

const projectOperations: readonly Operation[] = [
  { method: "GET", path: "/volumes", name: "volume.listVolumes", run: listVolumes },
  { method: "GET", path: "/volumes/detail", name: "volume.listVolumes", run: listVolumes },
  { method: "POST", path: "/volumes", name: "volume.createVolume", run: createVolume },
  { method: "GET", path: volume, name: "volume.showVolume", run: showVolume },
  { method: "DELETE", path: volume, name: "volume.deleteVolume", run: deleteVolume },
  {
    method: "POST",
    path: `${volume}/action`,
    name: (body) => actionIn(body)?.name ?? "volume.action",
    run: act,
  },
  { method: "GET", path: "/snapshots", name: "volume.listSnapshots", run: listSnapshots },
  { method: "GET", path: "/snapshots/detail", name: "volume.listSnapshots", run: listSnapshots },
  { method: "POST", path: "/snapshots", name: "volume.createSnapshot", run: createSnapshot },
  { method: "GET", path: snapshot, name: "volume.showSnapshot", run: showSnapshot },
  { method: "DELETE", path: snapshot, name: "volume.deleteSnapshot", run: deleteSnapshot },
  { method: "GET", path: "/messages", name: "volume.listMessages", run: listMessages },
  { method: "GET", path: "/limits", name: "volume.limits", run: showLimits },
];

export const cinderOperations: readonly Operation[] = [
  { method: "GET", path: "/", name: "volume.versions", run: versions(300), open: true },
  { method: "GET", path: "/v3", name: "volume.versions", run: versions(200) },
  ...projectOperations.map(ofProject),
];
