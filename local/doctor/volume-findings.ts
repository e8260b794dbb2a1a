import type { Server, Volume } from "../../shared/cloud-ports.ts";
import type { Finding } from "../../shared/openstack/finding.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { isStill, liveProblem, unseenProblem } from "../../shared/source/live-volume.ts";
import { restoreProblem } from "../../shared/source/save-disk.ts";
import { recipeFinding } from "./recipe-finding.ts";
import { lockFinding } from "./server-findings.ts";

/** Whether a run could take an image of this volume as it is now. */
export function volumeFindings(
  recipe: Recipe,
  volume: Volume,
  attachedTo: readonly Server[],
): Finding[] {
  const { status, sizeGib } = volume;
  const told = `${volume.name || volume.id} (${volume.id}) is ${status}, ${sizeGib} GiB`;
  if (status.startsWith("error")) {
    const remedy = `Ask the cloud's operator about it: openstack volume show ${volume.id}`;
    return [recipeFinding("problem", recipe, "volume", told, remedy)];
  }
  const users = volume.attachments.map(({ serverId }) => ({
    id: serverId,
    server: attachedTo.find(({ id }) => id === serverId) ?? null,
  }));
  // The version of Cinder is known to the run.
  const restore = restoreProblem(recipe, volume, users, true);
  if (restore !== null)
    return [recipeFinding("problem", recipe, "prepare.restore", restore.message, restore.remedy)];
  if (status === "available") return [recipeFinding("ok", recipe, "volume", told)];
  if (status !== "in-use") {
    return [recipeFinding("unknown", recipe, "volume", `${told}: a run waits until it is free`)];
  }
  const user = userOf(volume, attachedTo);
  const live = recipe.prepare.stopServer
    ? unseenProblem(recipe, volume, users)
    : liveProblem(recipe, volume.name || volume.id, users);
  if (live !== null)
    return [recipeFinding("problem", recipe, "capture", live.message, live.remedy)];
  if (recipe.prepare.stopServer) return stopFindings(recipe, volume, { told, attachedTo });
  if (recipe.capture === "volume") {
    return [
      recipeFinding(
        "unknown",
        recipe,
        "capture",
        `${told}, attached to ${user}: its upload has to be forced, and the cloud's operator may not allow that (enable_force_upload)`,
        "capture: snapshot does without",
      ),
    ];
  }
  const isWritten = attachedTo.some((server) => server.status === "ACTIVE");
  const state = isWritten
    ? `${told}, attached to ${user}, which runs: the image holds what a disk holds after a power cut`
    : `${told}, attached to ${user}`;
  return [recipeFinding("ok", recipe, "volume", state)];
}

/** Whether a run could stop the servers that have the volume. */
function stopFindings(
  recipe: Recipe,
  volume: Volume,
  { told, attachedTo }: { told: string; attachedTo: readonly Server[] },
): Finding[] {
  const problems = attachedTo.flatMap((server) => [
    ...stopStatusFinding(recipe, server),
    ...lockFinding(recipe, server),
  ]);
  if (problems.length > 0) return problems;
  const user = userOf(volume, attachedTo);
  const message = `${told}, attached to ${user}: a run stops each server that runs, and starts it again`;
  return [recipeFinding("ok", recipe, "volume", message)];
}

/** Stopped, suspended, paused or shelved, a server writes nothing. */
function stopStatusFinding(recipe: Recipe, server: Server): Finding[] {
  if (server.status === "ACTIVE" || isStill({ server })) return [];
  const message = `${server.name} (${server.id}), which has the volume, is ${server.status}: it cannot be stopped as it is`;
  const remedy = "Bring it back to ACTIVE or SHUTOFF";
  return [recipeFinding("problem", recipe, "volume", message, remedy)];
}

function userOf({ attachments }: Volume, attachedTo: readonly Server[]): string {
  const named = attachedTo.map(({ name, status }) => `${name} (${status})`);
  return named.join(", ") || attachments.map(({ serverId }) => serverId).join(", ") || "a server";
}
