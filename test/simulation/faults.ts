import { at } from "./random.ts";
import type { Fault } from "./scheduler.ts";

/** One fault at one place: an actor's so-and-so-manieth call. A list of these replays a run without its random choice. */
export interface PlannedFault {
  place: string;
  fault: Fault;
}

export interface FaultPlan {
  at(place: string, call: string): Fault | undefined;
  readonly happened: PlannedFault[];
}

/** Rates per call: high enough that most runs meet several, low enough that most of them end well. */
const STOP = 0.012;
const PAUSE = 0.006;
const LOST = 0.012;
const STATUS = 0.02;
const QUEUE = 0.02;

const STATUSES: Fault[] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 502, html: true },
  { kind: "status", status: 503 },
  { kind: "status", status: 503, retryAfter: "7" },
  { kind: "status", status: 429, retryAfter: "11" },
  { kind: "status", status: 429 },
  { kind: "status", status: 413, retryAfter: "6" },
  { kind: "status", status: 401 },
];

/** @param pauseSeconds how long a paused worker sleeps at most: within the protocol's bounds, or beyond them. */
export function randomFaults(seed: string, rate: number, pauseSeconds: number): FaultPlan {
  const happened: PlannedFault[] = [];
  return {
    happened,
    at(place, call) {
      const fault = draw(seed, place, call, rate, pauseSeconds);
      if (fault !== undefined) happened.push({ place, fault });
      return fault;
    },
  };
}

/** Exactly these, for replaying and shrinking. */
export function exactFaults(list: PlannedFault[]): FaultPlan {
  const known = new Map(list.map(({ place, fault }) => [place, fault]));
  const happened: PlannedFault[] = [];
  return {
    happened,
    at(place) {
      const fault = known.get(place);
      if (fault !== undefined) happened.push({ place, fault });
      return fault;
    },
  };
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
  };
}

function draw(
  seed: string,
  place: string,
  call: string,
  rate: number,
  pauseSeconds: number,
): Fault | undefined {
  const x = at(seed, place, "fault") / rate;
  const half = at(seed, place, "half") < 0.5;
  let edge = STOP;
  if (x < edge) return { kind: half ? "stop-before" : "stop-after" };
  edge += PAUSE;
  if (x < edge) {
    const seconds = Math.ceil(at(seed, place, "seconds") * pauseSeconds);
    return { kind: half ? "pause-before" : "pause-after", seconds };
  }
  edge += LOST;
  if (x < edge) return { kind: half ? "answer-lost" : "request-lost" };
  edge += STATUS;
  if (x < edge && call.startsWith("http"))
    return STATUSES[Math.floor(at(seed, place, "status") * STATUSES.length)];
  edge += QUEUE;
  if (x < edge && call.startsWith("queue"))
    return { kind: half ? "message-lost" : "message-doubled" };
  if (x < edge && call.startsWith("store commit")) return { kind: "refused-by-own-hand" };
  return undefined;
}
