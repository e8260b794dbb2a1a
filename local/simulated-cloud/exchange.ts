import type { HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { passesAccessRules } from "./access-rules.ts";
import { webObError, Refusal, refusalAnswer, type Answer, type Service } from "./answers.ts";
import type { Call, Operation } from "./call.ts";
import type { ExchangeEffect, Faults } from "./faults.ts";
import { disturbed, reasonOf } from "./hostile.ts";
import { agreeOnVersion, namedVersion } from "./microversions.ts";
import { routeOf } from "./routing.ts";
import { httpDate } from "./times.ts";
import type { World } from "./world.ts";

/** A request that has arrived: what it meets, and what answering it would do. */
export interface Arrival {
  effect: ExchangeEffect | null;
  execute: () => HttpResponse;
  /** The words of this service for what it did not do itself. */
  word: (answer: Answer | Refusal) => HttpResponse;
}

/** Route, faults, token, version, operation. */
export function arrive(world: World, faults: Faults, request: HttpRequest): Arrival {
  const route = routeOf(world, request);
  const { service, call, operation } = route ?? { service: "image", call: null, operation: null };
  const accept = call?.headers["accept"] ?? "";
  const word = (answer: Answer | Refusal): HttpResponse =>
    responseOf(
      world,
      service,
      call,
      answer instanceof Refusal ? refusalAnswer(service, answer, accept) : answer,
    );
  if (call === null || operation === null) {
    const nothing = webObError(404, "The resource could not be found.", accept);
    return { effect: null, execute: () => word(nothing), word };
  }
  const name = typeof operation.name === "string" ? operation.name : operation.name(call.body);
  const met = faults.meet(name, call.method, new URL(request.url).pathname);
  call.effects = met.state;
  return {
    effect: met.exchange,
    execute: () => word(perform(world, service, operation, call, name)),
    word,
  };
}

function perform(
  world: World,
  service: Service,
  operation: Operation,
  call: Call,
  name: string,
): Answer | Refusal {
  if (service === "image" && world.settings.zonesDown.includes(call.zone.name))
    return new Refusal(503, "Service Unavailable");
  try {
    if (operation.open !== true) {
      const isValid = call.token !== null && call.token.expiresAtMs > world.nowMs;
      if (!isValid || !passesAccessRules(service, call)) {
        const challenge = `Keystone uri="${world.baseUrl}/identity/v3"`;
        return new Refusal(401, unauthorized(service), { "www-authenticate": challenge });
      }
      checkRole(service, call, name);
      call.minor = agreeOnVersion(world.settings, service, call);
    }
    return disturbed(call, name, () => operation.run(call));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const reason = reasonOf(world.settings.hostile, error.message);
    return reason === error.message ? error : new Refusal(error.status, reason, error.headers);
  }
}

/** The default policies give a reader nothing but GETs. */
function checkRole(service: Service, { world, method }: Call, name: string): void {
  const mayChange = world.settings.roles.some((role) => role !== "reader");
  if (service === "identity" || mayChange || method === "GET" || method === "HEAD") return;
  const action = name.split(".")[1] ?? name;
  throw new Refusal(
    403,
    service === "image"
      ? `You are not authorized to complete ${action} action.`
      : `Policy doesn't allow ${service}:${action} to be performed.`,
  );
}

function unauthorized(service: Service): string {
  return service === "image"
    ? "This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required."
    : "The request you have made requires authentication.";
}

function responseOf(
  world: World,
  service: Service,
  call: Call | null,
  answer: Answer,
): HttpResponse {
  const requestId = call?.requestId ?? world.newRequestId();
  const text = answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body));
  const headers: Record<string, string> = {
    ...(answer.body === undefined ? {} : { "content-type": "application/json" }),
    date: httpDate(world.nowMs),
    "x-openstack-request-id": requestId,
    ...(service === "compute" || service === "volume" ? { "x-compute-request-id": requestId } : {}),
    ...(call === null ? {} : namedVersion(service, call)),
    ...answer.headers,
  };
  return { kind: "response", status: answer.status, headers, text };
}
