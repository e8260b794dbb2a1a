import type { HttpRequest } from "../../shared/ports.ts";
import type { Answer } from "./answers.ts";
import type { StateEffect } from "./faults.ts";
import type { Caller, Token } from "./identity-store.ts";
import type { Zone } from "./resources.ts";
import type { World } from "./world.ts";

/** One request, as a service's operation sees it. */
export interface Call {
  world: World;
  /** The image service asked; the first one for all other services. */
  zone: Zone;
  method: HttpRequest["method"];
  /** Below the service's root: `/v2/images/ID`. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  /** Undefined: no body, or one that is no JSON. */
  body: unknown;
  text: string;
  params: Record<string, string>;
  token: Token | null;
  /** The minor microversion asked for: 45 for compute 2.45. */
  minor: number;
  requestId: string;
  /** What is to go wrong with the thing this call makes. */
  effects: StateEffect[];
}

export interface Operation {
  method: HttpRequest["method"];
  /** `/servers/:id/action` */
  path: string;
  /** What faults name it by; an action's name depends on its body. */
  name: string | ((body: unknown) => string);
  run: (call: Call) => Answer;
  /** Answered without a token. */
  open?: boolean;
}

/** Who asks; only operations that are not `open` may want to know. */
export function callerOf(call: Call): Caller {
  if (call.token === null) throw new Error(`${call.method} ${call.path} needs a token`);
  return call.token.caller;
}

export function effectOf<Kind extends StateEffect["kind"]>(
  call: Call,
  kind: Kind,
): Extract<StateEffect, { kind: Kind }> | undefined {
  return call.effects.find(
    (effect): effect is Extract<StateEffect, { kind: Kind }> => effect.kind === kind,
  );
}

/** The operation for a request, with the path's parameters; null: no such resource. */
export function findOperation(
  operations: readonly Operation[],
  method: HttpRequest["method"],
  path: string,
): { operation: Operation; params: Record<string, string> } | null {
  const parts = path.split("/");
  for (const operation of operations) {
    if (operation.method !== method) continue;
    const params = matchPath(operation.path.split("/"), parts);
    if (params !== null) return { operation, params };
  }
  return null;
}

function matchPath(pattern: string[], parts: string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? "";
    if (expected.startsWith(":")) params[expected.slice(1)] = decodeURIComponent(part);
    else if (expected !== part) return null;
  }
  return params;
}
