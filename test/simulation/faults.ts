import { at } from "./random.ts";

/** What a call at the seam does, as far as faults differ by it. `http-read`: repeating it does nothing more. */
export const CALL_KINDS = [
  "http-read",
  "http-change",
  "get",
  "commit",
  "mark",
  "due",
  "send",
  /** Not a call: a message on its way to a worker. */
  "delivery",
] as const;
export type CallKind = (typeof CALL_KINDS)[number];

/** What becomes of one call at the seam. */
export type Fault =
  /** The process stops before the effect, or after it and before the answer: it never hears of it again. */
  | { kind: "stop-before" | "stop-after" }
  /** The process is paused before the effect, or between effect and answer. */
  | { kind: "pause-before" | "pause-after"; seconds: number }
  /** The effect takes place, or does not, and no answer comes. */
  | { kind: "answer-lost" | "request-lost" }
  /** The connection breaks at once, before the effect or after it. */
  | { kind: "reset-before" | "reset-after" }
  /** Executed; what is in between has given up waiting for it. */
  | { kind: "gateway-timeout" }
  /** The answer does not come in time; the effect takes place so much later. */
  | { kind: "late"; seconds: number }
  /** Provably not sent. */
  | { kind: "not-sent" }
  | { kind: "status"; status: number; retryAfter?: string; html?: boolean }
  /** A page of something in between, with 200; not executed. */
  | { kind: "page" }
  /** Executed; half of the body arrives. */
  | { kind: "truncated" }
  /** A conditional write is done, and its client, which has sent it again, is refused by its own hand. */
  | { kind: "refused-by-own-hand" }
  /** A read that does not see the last commit. The port promises that there is none: for scenarios only. */
  | { kind: "stale-read" }
  /** An index that lags shows nothing yet. */
  | { kind: "index-lags" }
  /** The queue takes a message and loses it, delivers it twice, or late. */
  | { kind: "message-lost" | "message-doubled" }
  | { kind: "message-late"; seconds: number }
  /** Whoever takes this message fails, each time. */
  | { kind: "poison" }
  /** Something that happens by itself: a trigger, an operator's act, trouble within the cloud. */
  | { kind: "happens" };

/** One fault at one place: an actor's so-and-so-manieth call. A list of these replays a run without its random choice. */
export interface PlannedFault {
  place: string;
  fault: Fault;
}

export interface FaultPlan {
  at(place: string, call: string, kind: CallKind): Fault | undefined;
  /** Whether something takes place that is not a call's fault. */
  happens(place: string, probability: number): boolean;
  readonly happened: PlannedFault[];
}

/** How long things take at most: within what the protocol's promises rest on, or beyond it. */
export interface Bounds {
  pauseSeconds: number;
  lateSeconds: number;
  /** A worker's clock is wrong by so much at most. */
  clockMs: number;
}

/** Within what the protocol's promises rest on; and far beyond it. */
export const WITHIN: Bounds = { pauseSeconds: 45, lateSeconds: 60, clockMs: 5_000 };
export const BEYOND: Bounds = { pauseSeconds: 900, lateSeconds: 900, clockMs: 60_000 };

const HTTP: readonly CallKind[] = ["http-read", "http-change"];
const STORE: readonly CallKind[] = ["get", "commit", "mark", "due"];
const CALLS: readonly CallKind[] = [...HTTP, ...STORE, "send"];

type Draw = (what: string) => number;

/** What may befall which calls, and how often at rate 1: most runs meet several, and most of them end well. */
const MENU: Array<{
  on: readonly CallKind[];
  rate: number;
  make: (draw: Draw, bounds: Bounds) => Fault;
}> = [
  { on: CALLS, rate: 0.006, make: () => ({ kind: "stop-before" }) },
  { on: CALLS, rate: 0.006, make: () => ({ kind: "stop-after" }) },
  { on: CALLS, rate: 0.003, make: (draw, b) => pause("pause-before", draw, b) },
  { on: CALLS, rate: 0.003, make: (draw, b) => pause("pause-after", draw, b) },
  { on: CALLS, rate: 0.006, make: () => ({ kind: "request-lost" }) },
  { on: CALLS, rate: 0.006, make: () => ({ kind: "answer-lost" }) },
  { on: HTTP, rate: 0.018, make: (draw) => oneOf(STATUSES, draw("status")) },
  { on: HTTP, rate: 0.003, make: () => ({ kind: "not-sent" }) },
  { on: HTTP, rate: 0.002, make: () => ({ kind: "reset-before" }) },
  { on: HTTP, rate: 0.002, make: () => ({ kind: "reset-after" }) },
  { on: HTTP, rate: 0.003, make: () => ({ kind: "gateway-timeout" }) },
  { on: HTTP, rate: 0.003, make: () => ({ kind: "page" }) },
  { on: HTTP, rate: 0.003, make: () => ({ kind: "truncated" }) },
  { on: ["http-change"], rate: 0.02, make: late },
  { on: ["commit"], rate: 0.02, make: () => ({ kind: "refused-by-own-hand" }) },
  { on: ["due"], rate: 0.05, make: () => ({ kind: "index-lags" }) },
  { on: ["send"], rate: 0.01, make: () => ({ kind: "message-lost" }) },
  { on: ["send"], rate: 0.01, make: () => ({ kind: "message-doubled" }) },
  {
    on: ["send"],
    rate: 0.005,
    make: (draw) => ({ kind: "message-late", seconds: Math.ceil(draw("seconds") * 600) }),
  },
  { on: ["delivery"], rate: 0.002, make: () => ({ kind: "poison" }) },
];

const STATUSES: Fault[] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 502, html: true },
  { kind: "status", status: 503 },
  { kind: "status", status: 503, retryAfter: "7" },
  { kind: "status", status: 429, retryAfter: "11" },
  { kind: "status", status: 429 },
  { kind: "status", status: 413, retryAfter: "6" },
  { kind: "status", status: 409 },
  { kind: "status", status: 401 },
];

function pause(kind: "pause-before" | "pause-after", draw: Draw, { pauseSeconds }: Bounds): Fault {
  return { kind, seconds: Math.ceil(draw("seconds") * pauseSeconds) };
}

function late(draw: Draw, { lateSeconds }: Bounds): Fault {
  return { kind: "late", seconds: Math.ceil(draw("seconds") * lateSeconds) };
}

function oneOf(faults: Fault[], draw: number): Fault {
  const fault = faults[Math.floor(draw * faults.length)];
  if (fault === undefined) throw new RangeError(`${draw} is not in [0, 1)`);
  return fault;
}

/** A fault as statistics name it. */
export function labelOf(fault: Fault): string {
  return fault.kind === "status" ? `status ${fault.status}` : fault.kind;
}

/** Every label that may befall a call of this kind. */
export function labelsOn(kind: CallKind): string[] {
  return MENU.filter(({ on }) => on.includes(kind)).flatMap(({ make }) => {
    if (make(() => 0, WITHIN).kind === "status") return [...new Set(STATUSES.map(labelOf))];
    return [labelOf(make(() => 0, WITHIN))];
  });
}

/** @param rate 0: nothing goes wrong, 1: as the menu says, 5: hardly anything goes well. */
export function randomFaults(seed: string, rate: number, bounds: Bounds): FaultPlan {
  const happened: PlannedFault[] = [];
  const note = (place: string, fault: Fault) => {
    happened.push({ place, fault });
    return fault;
  };
  return {
    happened,
    at(place, _call, kind) {
      const x = at(seed, place) / rate;
      let edge = 0;
      for (const { on, rate: share, make } of MENU) {
        if (!on.includes(kind)) continue;
        edge += share;
        if (x < edge)
          return note(
            place,
            make((what) => at(seed, place, what), bounds),
          );
      }
      return undefined;
    },
    happens(place, probability) {
      const does = at(seed, place) < probability;
      if (does) note(place, { kind: "happens" });
      return does;
    },
  };
}

/** Exactly these, for replaying and shrinking. */
export function exactFaults(list: PlannedFault[]): FaultPlan {
  const known = new Map(list.map(({ place, fault }) => [place, fault]));
  const happened: PlannedFault[] = [];
  const take = (place: string): Fault | undefined => {
    const fault = known.get(place);
    if (fault !== undefined) happened.push({ place, fault });
    return fault;
  };
  return { happened, at: take, happens: (place) => take(place) !== undefined };
}

export interface ScriptedFault {
  call: RegExp;
  /** The how-manieth such call, from 1. */
  nth?: number;
  /** Counted only while this holds. */
  while?: () => boolean;
  fault: Fault;
}

/** Faults of named scenarios. */
export function scripted(script: ScriptedFault[]): FaultPlan {
  const seen = script.map(() => 0);
  const happened: PlannedFault[] = [];
  return {
    happened,
    at(place, call) {
      for (const [index, { call: wanted, nth = 1, fault, ...only }] of script.entries()) {
        if (!wanted.test(call) || only.while?.() === false) continue;
        seen[index] = (seen[index] ?? 0) + 1;
        if (seen[index] !== nth) continue;
        happened.push({ place, fault });
        return fault;
      }
      return undefined;
    },
    happens: () => false,
  };
}
