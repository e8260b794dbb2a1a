import { Refusal, type Answer } from "../answers.ts";
import type { Call, Operation } from "../call.ts";
import { listActions, showAction } from "./actions.ts";
import { showConsole } from "./console.ts";
import { createImage } from "./create-image.ts";
import { lockServer, startServer, stopServer, unlockServer } from "./power.ts";
import { bootServer } from "./boot.ts";
import {
  attachVolume,
  deleteServer,
  detachVolume,
  listServers,
  showAttachment,
  showServer,
} from "./servers.ts";

const ACTIONS: Record<string, { name: string; run: (call: Call) => Answer }> = {
  createImage: { name: "compute.createImage", run: createImage },
  "os-stop": { name: "compute.stop", run: stopServer },
  "os-start": { name: "compute.start", run: startServer },
  lock: { name: "compute.lock", run: lockServer },
  "os-getConsoleOutput": { name: "compute.consoleOutput", run: showConsole },
  unlock: { name: "compute.unlock", run: unlockServer },
};

function actionKey(body: unknown): string | null {
  return typeof body === "object" && body !== null ? (Object.keys(body)[0] ?? null) : null;
}

function act(call: Call): Answer {
  const key = actionKey(call.body);
  if (key === null) throw new Refusal(400, "Malformed request body");
  const action = ACTIONS[key];
  if (action === undefined) throw new Refusal(400, `There is no such action: ${key}`);
  return action.run(call);
}

function listFlavors({ world }: Call): Answer {
  const flavors = world.flavors.map(({ id, name, ramMib, diskGib }) => ({
    id,
    name,
    ram: ramMib,
    disk: diskGib,
    vcpus: 1,
  }));
  return { status: 200, body: { flavors } };
}

function showLimits({ world }: Call): Answer {
  const servers = world.servers.size;
  const absolute = {
    maxTotalInstances: world.settings.instanceQuota,
    totalInstancesUsed: servers,
    maxTotalCores: -1,
    totalCoresUsed: servers,
    maxTotalRAMSize: -1,
    totalRAMUsed: servers * 64,
  };
  return { status: 200, body: { limits: { rate: [], absolute } } };
}

function version(call: Call, id: "v2.0" | "v2.1"): Record<string, unknown> {
  const { baseUrl, settings } = call.world;
  const path = id === "v2.0" ? "v2" : "v2.1";
  return {
    id,
    status: id === "v2.0" ? "SUPPORTED" : "CURRENT",
    version: id === "v2.0" ? "" : `2.${settings.computeMinor}`,
    min_version: id === "v2.0" ? "" : "2.1",
    updated: "2013-07-23T11:33:21Z",
    links: [{ rel: "self", href: `${baseUrl}/compute/${path}/` }],
  };
}

const showVersion =
  (id: "v2.0" | "v2.1") =>
  (call: Call): Answer => ({ status: 200, body: { version: version(call, id) } });

/** The same operations below `/v2.1` and below the legacy `/v2/PROJECT`. */
function below(root: string): Operation[] {
  const server = `${root}/servers/:id`;
  return [
    { method: "GET", path: `${root}/servers`, name: "compute.listServers", run: listServers },
    {
      method: "GET",
      path: `${root}/servers/detail`,
      name: "compute.listServers",
      run: listServers,
    },
    { method: "POST", path: `${root}/servers`, name: "compute.bootServer", run: bootServer },
    { method: "GET", path: server, name: "compute.showServer", run: showServer },
    { method: "DELETE", path: server, name: "compute.deleteServer", run: deleteServer },
    {
      method: "POST",
      path: `${server}/action`,
      name: (body) => ACTIONS[actionKey(body) ?? ""]?.name ?? "compute.action",
      run: act,
    },
    {
      method: "GET",
      path: `${server}/os-instance-actions`,
      name: "compute.listActions",
      run: listActions,
    },
    {
      method: "GET",
      path: `${server}/os-instance-actions/:request`,
      name: "compute.showAction",
      run: showAction,
    },
    {
      method: "POST",
      path: `${server}/os-volume_attachments`,
      name: "compute.attachVolume",
      run: attachVolume,
    },
    {
      method: "GET",
      path: `${server}/os-volume_attachments/:volume`,
      name: "compute.showAttachment",
      run: showAttachment,
    },
    {
      method: "DELETE",
      path: `${server}/os-volume_attachments/:volume`,
      name: "compute.detachVolume",
      run: detachVolume,
    },
    {
      method: "GET",
      path: `${root}/flavors/detail`,
      name: "compute.listFlavors",
      run: listFlavors,
    },
    { method: "GET", path: `${root}/limits`, name: "compute.limits", run: showLimits },
  ];
}

export const novaOperations: readonly Operation[] = [
  {
    method: "GET",
    path: "/",
    name: "compute.versions",
    run: (call) => ({
      status: 200,
      body: { versions: [version(call, "v2.0"), version(call, "v2.1")] },
    }),
    open: true,
  },
  {
    method: "GET",
    path: "/v2.1",
    name: "compute.version",
    run: showVersion("v2.1"),
    open: true,
  },
  { method: "GET", path: "/v2", name: "compute.version", run: showVersion("v2.0"), open: true },
  ...below("/v2.1"),
  ...below("/v2/:project"),
];
