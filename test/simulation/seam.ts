import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { uuidFrom } from "../../local/simulated-cloud/random.ts";
import { reasonOf, SECONDS_HEADER } from "../../local/simulated-cloud/hostile.ts";
import type {
  HttpFailure,
  HttpRequest,
  HttpResponse,
  Ids,
  Item,
  Log,
  ProbeTarget,
  Queue,
  Store,
  Timing,
} from "../../shared/ports.ts";
import { at } from "./random.ts";
import type { MemoryQueues } from "../memory/queue.ts";
import type { MemoryTable } from "../memory/store.ts";
import type { CallKind, Fault } from "./faults.ts";
import type { Process } from "./scheduler.ts";
import type { Telling } from "./told.ts";

export const TIMING: Timing = {
  windowMs: 10_000,
  callTimeoutMs: 60_000,
  skewMs: 10_000,
  graceMs: 900_000,
};

/** What lies behind the seam, and the gate that every call passes. */
export interface Behind {
  /** When the history begins. */
  startMs: number;
  seed: string;
  table: MemoryTable;
  queues: MemoryQueues;
  cloud: SimulatedCloud;
  /** How often the queue delivers each message beyond once. */
  duplicates: number;
  log: Log;
  /** The whole cloud answers 503, or the image services of some zones; one Glance of several has not heard of an image yet. */
  transientFailures: () => { isDown: boolean; isLagging: boolean; zonesDown?: string[] };
  nowMs: () => number;
  /** Something happens by itself later. */
  atTime: (atMs: number, happen: () => void) => void;
  /** False: processes may end with any answer, as on Lambda. */
  sendsContent: boolean;
  onCalled: (request: HttpRequest) => void;
  onRequest: (request: HttpRequest, process: Process) => void;
  /** A run's record was written. */
  onRun: (doc: string) => void;
  /** A build or a Git host took what it was told. */
  onTold: (telling: Telling) => void;
  /** A hook was asked. @returns its answer. */
  takeHook: (request: HttpRequest) => HttpResponse;
  onSend: (queue: string, request: { key: { pk: string; sk: string }; version: number }) => void;
  gate: <T>(process: Process, call: GatedCall<T>) => Promise<T>;
}

/** What the caller of a call hears of a fault, and when the effect takes place. */
export interface Told<T> {
  effect: "now" | "never" | { laterMs: number };
  answer: () => T | Error;
  /** What it hears instead of what was truly answered, where that matters. */
  spoil?: (given: T) => T;
  afterMs: number;
}

export interface GatedCall<T> {
  kind: CallKind;
  call: string;
  effect: () => T;
  told: (fault: Fault) => Told<T> | undefined;
  /** How long the answer takes when nothing goes wrong with the call. */
  takesMs?: (given: T) => number;
}

export function send(
  process: Process,
  behind: Behind,
  request: HttpRequest,
): Promise<HttpResponse | HttpFailure> {
  return sendThrough(process, behind, request, () => behind.cloud.handle(request));
}

/** @param handle what the cloud makes of it. */
export function sendThrough(
  process: Process,
  { gate, cloud, onCalled, onRequest, nowMs, transientFailures }: Behind,
  request: HttpRequest,
  handle: () => HttpResponse,
): Promise<HttpResponse | HttpFailure> {
  const action =
    request.body === undefined ? "" : ` ${/^\{"([\w-]+)"/.exec(request.body)?.[1] ?? ""}`;
  const isRead = request.method === "GET" || action === " auth";
  onCalled(request);
  const timeoutMs = Math.min(request.timeoutMs, TIMING.callTimeoutMs);
  const reason = reasonOf(cloud.settings.hostile, "");
  return gate<HttpResponse | HttpFailure>(process, {
    kind: isRead ? "http-read" : "http-change",
    call: `http ${request.method} ${new URL(request.url).pathname}${action}`,
    effect: () => {
      const { isDown, isLagging, zonesDown = [] } = transientFailures();
      cloud.settings.zonesDown = zonesDown;
      if (isDown) return statusOf({ kind: "status", status: 503 }, nowMs(), reason);
      if (
        isLagging &&
        /^GET \S+\/v2\/images\/[0-9a-f-]{36}$/.test(`${request.method} ${request.url}`)
      )
        return statusOf({ kind: "status", status: 404 }, nowMs(), reason);
      onRequest(request, process);
      return handle();
    },
    told: (fault) => answeredByHttp(inTime(fault, request, timeoutMs), timeoutMs, nowMs, reason),
    takesMs: (given) =>
      given.kind === "failure" ? 0 : Number(given.headers[SECONDS_HEADER] ?? 0) * 1000,
  });
}

/** A probe passes the gate as a GET does. What goes wrong with one is no answer. */
export async function probe(
  process: Process,
  { gate, cloud, nowMs }: Behind,
  target: ProbeTarget,
): Promise<string | null> {
  const { address, timeoutMs } = target;
  const request: HttpRequest = { method: "GET", url: `http://${address}/`, headers: {}, timeoutMs };
  const answer = await gate<HttpResponse | HttpFailure>(process, {
    kind: "http-read",
    call: `probe ${address}`,
    effect: () => {
      const reason = cloud.probe(target);
      if (reason !== null) return { kind: "failure", sent: false, reason };
      return { kind: "response", status: 200, headers: {}, text: "" };
    },
    told: (fault) => {
      // Nothing stands in between that could answer in the server's place.
      const met: Fault = fault.kind === "page" ? { kind: "status", status: 502 } : fault;
      return answeredByHttp(inTime(met, request, timeoutMs), timeoutMs, nowMs, "");
    },
  });
  if (answer.kind === "failure") return answer.reason;
  return answer.status === 200 ? null : `HTTP status ${answer.status}`;
}

/**
 * Creates, stops and detaches are reckoned with however late the cloud carries them out. A tag, property or member that it
 * sets long after the time-out is not promised to be noticed.
 */
export function inTime(
  fault: Fault,
  { method, url }: Pick<HttpRequest, "method" | "url">,
  timeoutMs: number,
): Fault {
  const isReckonedWith =
    (method === "POST" && !url.endsWith("/members")) || url.includes("/os-volume_attachments/");
  if (fault.kind !== "late" || isReckonedWith) return fault;
  return { ...fault, seconds: Math.min(fault.seconds, timeoutMs / 1000) };
}

export function answeredByHttp(
  fault: Fault,
  timeoutMs: number,
  nowMs: () => number,
  reason: string,
): Told<HttpResponse | HttpFailure> | undefined {
  const noAnswer: HttpFailure = { kind: "failure", sent: true, reason: "no answer" };
  const later = { answer: () => noAnswer, afterMs: timeoutMs };
  const { kind } = fault;
  if (kind === "answer-lost") return { ...later, effect: "now" };
  if (kind === "request-lost") return { ...later, effect: "never" };
  if (kind === "reset-before" || kind === "reset-after")
    return { effect: kind === "reset-after" ? "now" : "never", answer: () => noAnswer, afterMs: 0 };
  if (kind === "gateway-timeout") return { effect: "now", answer: () => page(504, {}), afterMs: 0 };
  if (kind === "late") return { ...later, effect: { laterMs: fault.seconds * 1000 } };
  if (kind === "not-sent") {
    const refused: HttpFailure = { kind: "failure", sent: false, reason: "connection refused" };
    return { effect: "never", answer: () => refused, afterMs: 0 };
  }
  if (kind === "status")
    return { effect: "never", answer: () => statusOf(fault, nowMs(), reason), afterMs: 0 };
  if (kind === "page") return { effect: "never", answer: () => page(200, {}), afterMs: 0 };
  if (kind === "truncated")
    return { effect: "now", answer: () => page(200, {}), spoil: halved, afterMs: 0 };
  return undefined;
}

function halved(given: HttpResponse | HttpFailure): HttpResponse | HttpFailure {
  if (given.kind === "failure") return given;
  return { ...given, text: given.text.slice(0, Math.floor(given.text.length / 2)) };
}

function statusOf(
  { status, retryAfter, html }: Extract<Fault, { kind: "status" }>,
  nowMs: number,
  text: string,
): HttpResponse {
  const headers: Record<string, string> = {
    "x-openstack-request-id": `req-fault-${nowMs}`,
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
  };
  return html === true ? page(status, headers) : { kind: "response", status, headers, text };
}

function page(status: number, headers: Record<string, string>): HttpResponse {
  return {
    kind: "response",
    status,
    headers,
    text: "<html><body>Something in between</body></html>",
  };
}

export function queueOf(
  process: Process,
  { gate, seed, queues, nowMs, duplicates, onSend }: Behind,
): Queue {
  // The queue of one machine can tell what waits in it, SQS cannot.
  const canTell = at(seed, "the queue can tell") < 0.5;
  return {
    ...(canTell && { waiting: (seconds) => queues.waiting(nowMs(), seconds) }),
    send: (queue, request, delaySeconds) => {
      const enqueue = (extraMs: number) => {
        onSend(queue, request);
        queues.send(queue, request, nowMs() + delaySeconds * 1000 + extraMs);
      };
      return gate<undefined>(process, {
        kind: "send",
        call: `queue ${queue} v${request.version}`,
        effect: () => {
          for (let n = 0; n <= duplicates; n++) enqueue(n * 700);
          return undefined;
        },
        told: (fault) => {
          if (fault.kind === "message-lost")
            return { effect: "never", answer: () => undefined, afterMs: 0 };
          if (fault.kind === "message-late") {
            enqueue(fault.seconds * 1000);
            return { effect: "never", answer: () => undefined, afterMs: 0 };
          }
          if (fault.kind !== "message-doubled") return answeredByStore(fault);
          enqueue(40_000);
          return { effect: "now", answer: () => undefined, afterMs: 0 };
        },
      });
    },
  };
}

export function storeOf(process: Process, { gate, table, onRun }: Behind): Store {
  const at = (kind: CallKind, call: string) => ({ kind, call: `store ${call}` });
  return {
    shards: 1,
    get: (key) =>
      gate<Item | null>(process, {
        ...at("get", `get ${key.pk} ${key.sk}`),
        effect: () => table.get(key),
        told: (fault) =>
          fault.kind === "stale-read"
            ? { effect: "now", answer: () => table.before(key), afterMs: 0 }
            : answeredByStore(fault),
      }),
    commit: (write, expected) =>
      gate<"won" | "lost">(process, {
        ...at("commit", `commit ${write.key.pk} ${write.key.sk} v${expected + 1}`),
        effect: () => {
          const answer = table.commit(write, expected);
          if (answer === "won" && write.key.sk.startsWith("run#")) {
            process.role = stepIn(write.doc);
            onRun(write.doc);
          }
          return answer;
        },
        told: (fault) =>
          fault.kind === "refused-by-own-hand"
            ? { effect: "now", answer: () => "lost", afterMs: 0 }
            : answeredByStore(fault),
      }),
    mark: (key, marks) =>
      gate<undefined>(process, {
        ...at("mark", `mark ${key.pk} ${key.sk}`),
        effect: () => {
          table.mark(key, marks);
          return undefined;
        },
        told: answeredByStore,
      }),
    due: (_shard, nowMs, limit) =>
      gate<Awaited<ReturnType<Store["due"]>>>(process, {
        ...at("due", "due"),
        effect: () => table.due(nowMs, limit),
        told: (fault) =>
          fault.kind === "index-lags"
            ? { effect: "now", answer: () => [], afterMs: 0 }
            : answeredByStore(fault),
      }),
    range: (pk, prefix, limit, cursor = null) =>
      gate(process, {
        ...at("get", "range"),
        effect: () => table.range(pk, prefix, limit, cursor),
        told: answeredByStore,
      }),
    ended: (day, limit, cursor = null) =>
      gate(process, {
        ...at("get", "ended"),
        effect: () => table.ended(day, limit, cursor),
        told: answeredByStore,
      }),
  };
}

/** Store and queue: an error, whether or not it was done. */
function answeredByStore(
  fault: Fault,
): { effect: "now" | "never"; answer: () => Error; afterMs: number } | undefined {
  if (fault.kind !== "answer-lost" && fault.kind !== "request-lost") return undefined;
  return {
    effect: fault.kind === "answer-lost" ? "now" : "never",
    answer: () => new Error("store: no answer"),
    afterMs: 1000,
  };
}

/** The step that a run's record is in, without reading all of it. */
export function stepIn(doc: string): string {
  return /"step":"([a-z-]+)"/.exec(doc)?.[1] ?? "";
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export function idsOf(random: () => number): Ids {
  return {
    short: () => Array.from({ length: 6 }, () => ALPHABET[Math.floor(random() * 32)]).join(""),
    uuid: () => uuidFrom(random),
    random,
  };
}
