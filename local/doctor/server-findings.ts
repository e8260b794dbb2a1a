import type { Server, Volume } from "../../shared/cloud-ports.ts";
import type { Finding } from "../../shared/openstack/finding.ts";
import { isByIms, readsVolume, type Recipe } from "../../shared/recipe/recipe.ts";
import { dataDisks } from "../../shared/source/data-disks.ts";
import { liveProblem } from "../../shared/source/live-volume.ts";
import { LASTING, TAKEABLE } from "../../shared/source/server-status.ts";
import { counted } from "../cli/text/format.ts";
import { recipeFinding } from "./recipe-finding.ts";

/** Whether a run could take an image of this server as it is now. */
export function serverFindings(
  recipe: Recipe,
  server: Server,
  is: { volumes: readonly Volume[]; root: Volume | null },
): Finding[] {
  return [statusFinding(recipe, server, is), ...lockFinding(recipe, server)];
}

function statusFinding(
  recipe: Recipe,
  server: Server,
  is: { volumes: readonly Volume[]; root: Volume | null },
): Finding {
  const { status } = server;
  const told = `${server.name} (${server.id}) is ${status}`;
  const { stopServer } = recipe.prepare;
  if (status === "ERROR") {
    return recipeFinding(
      "problem",
      recipe,
      "server",
      `${told}: ${server.faultMessage ?? "no reason given"}`,
      `Fix or rebuild the server: openstack server show ${server.id}`,
    );
  }
  const isTakeable = stopServer ? status === "SHUTOFF" : TAKEABLE.includes(status);
  if (LASTING.includes(status) && (!isTakeable || isPausedWithVolumes(server))) {
    const why = stopServer ? "it cannot be stopped" : "no image can be taken of it";
    const remedy = "Bring it back to ACTIVE or SHUTOFF";
    return recipeFinding("problem", recipe, "server", `${told}: ${why} as it is`, remedy);
  }
  if (status !== "ACTIVE" && !isTakeable) {
    const message = `${told}: a run waits until it is ACTIVE or SHUTOFF`;
    return recipeFinding("unknown", recipe, "server", message);
  }
  const live = readsVolume(recipe)
    ? liveProblem(recipe, server.name, stopServer ? [] : [{ id: server.id, server }])
    : null;
  if (live !== null) return recipeFinding("problem", recipe, "capture", live.message, live.remedy);
  return recipeFinding("ok", recipe, "server", `${told}, ${bootText(recipe, server, is)}`);
}

function isPausedWithVolumes({ status, imageId }: Server): boolean {
  return status === "PAUSED" && imageId === null;
}

function bootText(
  recipe: Recipe,
  server: Server,
  { volumes, root }: { volumes: readonly Volume[]; root: Volume | null },
): string {
  const { imageId } = server;
  const { capture } = recipe;
  const data = capture === "data_disks" ? dataDisks(recipe, server, volumes) : null;
  if (data !== null && !("code" in data)) {
    const devices = data.disks.map(({ device }) => device).join(", ");
    return `has ${counted(data.disks.length, "data disk")}, and a run makes an image of each: ${devices}`;
  }
  if (imageId !== null) return "boots from an image";
  if (capture === "full_server")
    return `boots from a volume. Its image holds a backup of ${counted(volumes.length, "volume")}`;
  if (isByIms(recipe)) return "boots from a volume";
  if (capture === "root_volume" && root !== null) {
    return `boots from a volume. Its image holds the root volume ${root.id}, ${root.sizeGib} GiB`;
  }
  return `boots from a volume. Its image names a snapshot of each of ${counted(volumes.length, "volume")}`;
}

/** Nova refuses to stop a locked server, and takes an image of one. Source: nova/compute/api.py, check_instance_lock. */
export function lockFinding(recipe: Recipe, { locked, status, name, id }: Server): Finding[] {
  if (locked !== true || !recipe.prepare.stopServer || status === "SHUTOFF") return [];
  const isOwnStop = recipe.prepare.waitForShutoffMs === null;
  const key = isOwnStop ? "prepare.stop_server" : "prepare.wait_for_shutoff";
  const message = `${name} is locked, so Nova refuses to ${isOwnStop ? "stop it" : "start it again"}`;
  const remedy = `openstack server unlock ${id}, or take ${key} out`;
  return [recipeFinding("problem", recipe, key, message, remedy)];
}
