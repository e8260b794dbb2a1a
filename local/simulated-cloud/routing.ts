import type { HttpRequest } from "../../shared/ports.ts";
import type { Service } from "./answers.ts";
import { findOperation, type Call, type Operation } from "./call.ts";
import { cbrOperations } from "./cbr/operations.ts";
import { cinderOperations } from "./cinder/operations.ts";
import { glanceOperations } from "./glance/operations.ts";
import { imsOperations } from "./ims/operations.ts";
import { keystoneOperations } from "./keystone.ts";
import { neutronOperations } from "./neutron/operations.ts";
import { novaOperations } from "./nova/operations.ts";
import type { Zone } from "./resources.ts";
import type { World } from "./world.ts";

/** Where a request goes. Without an operation: no such resource. */
export interface Route {
  service: Service;
  operation: Operation | null;
  call: Call;
}

const OPERATIONS: Record<Service, readonly Operation[]> = {
  identity: keystoneOperations,
  compute: novaOperations,
  volume: cinderOperations,
  image: [...glanceOperations, ...imsOperations],
  network: neutronOperations,
  cbr: cbrOperations,
};

const SERVICES = ["identity", "compute", "volume", "image", "network", "cbr"] as const;

/** `/identity`, `/compute`, `/volume`, `/network`, `/cbr`, and `/image/ZONE` for each image service; null: none of these. */
export function routeOf(world: World, request: HttpRequest): Route | null {
  const url = new URL(request.url);
  const [, first = "", ...rest] = url.pathname.split("/");
  const service = serviceNamed(first);
  if (service === null) return null;
  const zone = service === "image" ? zoneNamed(world, rest.shift()) : world.firstZone;
  if (zone === null) return null;
  const path = `/${rest.join("/").replace(/\/$/u, "")}`;
  const found = findOperation(OPERATIONS[service], request.method, path);
  const headers = lowerCased(request.headers);
  const call: Call = {
    world,
    zone,
    method: request.method,
    path,
    query: url.searchParams,
    headers,
    body: parsed(request.body),
    text: request.body ?? "",
    params: found?.params ?? {},
    token: world.identity.tokens.get(headers["x-auth-token"] ?? "") ?? null,
    minor: 0,
    requestId: world.newRequestId(),
    effects: [],
  };
  return { service, operation: found?.operation ?? null, call };
}

function serviceNamed(text: string): Service | null {
  return SERVICES.find((service) => service === text) ?? null;
}

function zoneNamed(world: World, name: string | undefined): Zone | null {
  return world.zones.find((zone) => zone.name === name) ?? null;
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function parsed(text: string | undefined): unknown {
  if (text === undefined || text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
