import { STEP_NAMES } from "../shared/run/step-names.ts";

/**
 * Functions on a schedule, on the HTTP API, on a queue of their own, the one on all dead letters, and on the table's
 * stream, as serverless.yml names them.
 */
export const SCHEDULED = ["on-schedule", "sweep", "check-freshness"] as const;
export const ROUTED = ["on-webhook", "on-command", "on-hook", "dashboard"] as const;
export const STEPS = STEP_NAMES;
/** Functions with a queue of their own. */
export const QUEUED = [...STEPS, "notify"] as const;
export const STREAMED = ["publish-events"] as const;
export const EVERY_FUNCTION = [
  ...SCHEDULED,
  ...ROUTED,
  ...QUEUED,
  "dead-letters",
  ...STREAMED,
] as const;

/** `check-status`, `Queue` → `CheckStatusQueue`: the resource's name in the template. */
export function logicalId(name: string, kind: string): string {
  const words = name.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return [...words, kind].join("");
}

/** What serverless itself makes for a function, under names of its own: `CheckDashstatusLambdaFunction`. */
export function madeFor(name: string, kind: "LambdaFunction" | "LogGroup"): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", "Dash") + kind;
}

/** What CloudFormation puts in when it deploys. */
export const ref = (id: string) => ({ Ref: id });
export const arnOf = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });
export const attribute = (id: string, name: string) => ({ "Fn::GetAtt": [id, name] });
export const sub = (text: string) => ({ "Fn::Sub": text });

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export type Resources = Record<string, Resource>;

/** Of a policy. */
export interface Statement {
  Effect: "Allow" | "Deny";
  Action: string[];
  Resource: unknown;
  Condition?: object;
}

export function merged(parts: readonly Resources[]): Resources {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}
