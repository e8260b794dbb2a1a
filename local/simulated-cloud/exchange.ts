import type { HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { htmlError, Refusal, refusalAnswer, type Answer, type Service } from "./answers.ts";
import { findOperation, type Call, type Operation } from "./call.ts";
import type { ExchangeEffect, Faults } from "./faults.ts";
import { glanceOperations } from "./glance/operations.ts";
import { keystoneOperations } from "./keystone.ts";
import { cinderOperations } from "./cinder/operations.ts";
import { agreeOnVersion, namedVersion } from "./microversions.ts";
import { novaOperations } from "./nova/operations.ts";
import { httpDate } from "./times.ts";
import type { World } from "./world.ts";

export type Exchange =
  | { kind: "answer"; response: HttpResponse; afterSeconds: number }
  | { kind: "unreachable" }
  | { kind: "reset" }
  | { kind: "silence" };

interface Target {
  service: Service;
  operations: readonly Operation[];
  call: Call;
}

/** One request from end to end: route, faults, token, version, operation, answer. */
export function carryOut(world: World, faults: Faults, request: HttpRequest): Exchange {
  const target = locate(world, request);
  if (target === null) return answered(world, "image", null, htmlError(404, "No such service."));
  const { service, call } = target;
  const found = findOperation(target.operations, call.method, call.path);
  if (found === null) {
    return answered(world, service, call, htmlError(404, "The resource could not be found."));
  }
  const { operation } = found;
  call.params = found.params;
  const name = typeof operation.name === "string" ? operation.name : operation.name(call.body);
  const met = faults.meet(name, call.method, new URL(request.url).pathname);
  call.effects = met.state;
  const execute = (): Exchange =>
    answered(world, service, call, perform(world, service, operation, call));
  return met.exchange === null ? execute() : spoil(world, target, met.exchange, execute);
}

/** The exchange as the effect leaves it. */
function spoil(
  world: World,
  { service, call }: Target,
  effect: ExchangeEffect,
  execute: () => Exchange,
): Exchange {
  switch (effect.kind) {
    case "unreachable":
      return { kind: "unreachable" };
    case "reset":
    case "silence":
      if (effect.executed) execute();
      return { kind: effect.kind };
    case "delayed":
      world.after(effect.seconds, () => void execute());
      return { kind: "silence" };
    case "latency": {
      const exchange = execute();
      return exchange.kind === "answer" ? { ...exchange, afterSeconds: effect.seconds } : exchange;
    }
    case "status": {
      if (effect.executed === true) execute();
      const message = effect.message ?? "The simulated cloud was told to answer so.";
      const refusal = new Refusal(effect.status, message, effect.headers);
      const answer =
        effect.html === true
          ? { ...htmlError(effect.status, message), headers: { "content-type": "text/html" } }
          : refusalAnswer(service, refusal);
      return answered(world, service, call, {
        ...answer,
        headers: { ...answer.headers, ...effect.headers },
      });
    }
    case "truncated": {
      const exchange = execute();
      if (exchange.kind !== "answer") return exchange;
      const { text } = exchange.response;
      const response = { ...exchange.response, text: text.slice(0, Math.floor(text.length / 2)) };
      return { ...exchange, response };
    }
  }
}

function perform(world: World, service: Service, operation: Operation, call: Call): Answer {
  try {
    if (operation.open !== true) {
      if (call.token === null || call.token.expiresAtMs <= world.nowMs) {
        throw new Refusal(401, unauthorizedMessage(service), {
          "www-authenticate": `Keystone uri="${world.baseUrl}/identity/v3"`,
        });
      }
      call.minor = agreeOnVersion(world.settings, service, call);
    }
    return operation.run(call);
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(service, error);
    throw error;
  }
}

function unauthorizedMessage(service: Service): string {
  return service === "image"
    ? "This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required."
    : "The request you have made requires authentication.";
}

/** Which service, by the first part of the path; `/image/ZONE` for each image service. */
function locate(world: World, request: HttpRequest): Target | null {
  const url = new URL(request.url);
  const [, first = "", second = ""] = url.pathname.split("/");
  const headers = lowerCased(request.headers);
  const base = {
    world,
    zone: world.firstZone,
    method: request.method,
    query: url.searchParams,
    headers,
    body: parsed(request.body),
    text: request.body ?? "",
    params: {},
    token: world.identity.tokens.get(headers["x-auth-token"] ?? "") ?? null,
    minor: 0,
    requestId: world.newRequestId(),
    effects: [],
  };
  const below = (depth: number): string => {
    const rest = url.pathname
      .split("/")
      .slice(depth + 1)
      .join("/");
    return rest === "" ? "/" : `/${rest}`.replace(/(?<=.)\/$/u, "");
  };
  switch (first) {
    case "identity":
      return {
        service: "identity",
        operations: keystoneOperations,
        call: { ...base, path: below(1) },
      };
    case "compute":
      return { service: "compute", operations: novaOperations, call: { ...base, path: below(1) } };
    case "volume":
      return { service: "volume", operations: cinderOperations, call: { ...base, path: below(1) } };
    case "image": {
      const zone = world.zones.find(({ name }) => name === second);
      if (zone === undefined) return null;
      const call = { ...base, zone, path: below(2) };
      return { service: "image", operations: glanceOperations, call };
    }
    default:
      return null;
  }
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

function answered(world: World, service: Service, call: Call | null, answer: Answer): Exchange {
  const requestId = call?.requestId ?? world.newRequestId();
  const headers: Record<string, string> = {
    ...(answer.body === undefined ? {} : { "content-type": "application/json" }),
    date: httpDate(world.nowMs),
    "x-openstack-request-id": requestId,
    ...(service === "compute" || service === "volume" ? { "x-compute-request-id": requestId } : {}),
    ...(call === null ? {} : namedVersion(service, call)),
    ...answer.headers,
  };
  const text = answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body));
  return {
    kind: "answer",
    response: { kind: "response", status: answer.status, headers, text },
    afterSeconds: 0,
  };
}
