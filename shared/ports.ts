/**
 * What the core asks of the world, clouds aside. Everything it awaits goes through `Http`, `Store` or `Queue`: with those
 * three replaced, a simulator drives the real steps and the real cloud adapters.
 */

// ------------------------------------------------------------------------------------ the seam: HTTP

export interface HttpRequest {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
  /** On a connection of its own: a pooled one that the peer has just closed makes a create ambiguous. */
  fresh?: boolean;
}

/** Header names are lower case. */
export interface HttpResponse {
  kind: "response";
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** `sent: false`: provably never reached the service (name look-up, connect refused). Otherwise its effect is unknown. */
export interface HttpFailure {
  kind: "failure";
  sent: boolean;
  reason: string;
  /** Trying again is useless until somebody changes a certificate or a setting; `reason` says which. */
  permanent?: true;
  /** The answer was larger than what is read of one: asking again for as much is useless. */
  tooLarge?: true;
}

/** Never rejects: a time-out or a reset is an answer. */
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse | HttpFailure>;
  /** Absent: this process carries no content. */
  content?: HttpContent;
}

/** Content of any length on its way out of an answer. It is read no faster than it is taken. */
export interface HttpBody {
  /** Frees the connection. Repeating does no harm. */
  close(): void;
}

export interface HttpOpened {
  kind: "opened";
  headers: Record<string, string>;
  body: HttpBody;
}

/** Never rejects either. `timeoutMs` bounds the time until an answer begins, not the whole exchange. */
export interface HttpContent {
  /** @returns the body if the status is 200; it has to be sent or closed. */
  open(request: HttpRequest): Promise<HttpOpened | HttpResponse | HttpFailure>;
  /**
   * Sends a body that any `open` has returned, with the `content-length` of the request, and closes it in any case.
   * @param watch `sent` is told how many bytes have gone out. `signal` breaks the connection off.
   */
  put(
    request: HttpRequest,
    body: HttpBody,
    watch: { sent: (bytes: number) => void; signal: AbortSignal },
  ): Promise<HttpResponse | HttpFailure>;
}

export interface ProbeTarget {
  /** An IP address. */
  address: string;
  port: number;
  /** Of an HTTP GET. Null: a TCP connection is enough. */
  path: string | null;
  timeoutMs: number;
}

/** Asks a server that a test has booted. Never rejects. @returns null: it answered; else why this is no answer. */
export type Probe = (target: ProbeTarget) => Promise<string | null>;

/** Sends requests to configured hosts only: https, no redirects, no private address unless allowed. */
export interface Outgoing {
  send(
    request: HttpRequest,
    to: { origins: readonly string[]; allowPrivate: boolean },
  ): Promise<HttpResponse | HttpFailure>;
}

// ----------------------------------------------------------------------------------- the seam: store

export interface Key {
  pk: string;
  sk: string;
}

/** One record. `doc` is JSON text, so that every store keeps exactly the same thing. */
export interface Item {
  key: Key;
  /** 1 for the first commit, and one more with each. */
  version: number;
  /** Names the commit that wrote this version: a writer whose answer was lost finds its own hand here. */
  writeId: string;
  /** When the sweep sends this item on; null once nothing is left to do. */
  sweepAtMs: number | null;
  /** Set from outside by `mark`, without a new version. */
  cancelAtMs: number | null;
  /** UTC date of the end (`2026-11-22`), for listing what ended over all recipes. */
  day: string | null;
  expiresAtMs: number | null;
  doc: string;
}

export type Write = Pick<Item, "key" | "writeId" | "sweepAtMs" | "day" | "expiresAtMs" | "doc">;

export interface Page<T> {
  items: T[];
  /** Pass it back for the next page; null at the end. A page may be empty and still have a next one. */
  cursor: string | null;
}

export interface Store {
  /** Consistent: sees every commit that was answered before. */
  get(key: Key): Promise<Item | null>;
  /** Writes if the stored version is `expectedVersion` (0: if absent). Leaves `cancelAtMs` alone. */
  commit(write: Write, expectedVersion: number): Promise<"won" | "lost">;
  /** Sets attributes beside the version; a missing item is left missing, and one without `sweepAtMs` gets none. */
  mark(key: Key, marks: { cancelAtMs?: number; sweepAtMs?: number }): Promise<void>;
  /** Hints of items with `sweepAtMs <= nowMs`, earliest first. Read each again by key before acting. */
  due(shard: number, nowMs: number, limit: number): Promise<Array<{ key: Key; sweepAtMs: number }>>;
  /** `due` is asked of each shard from 0 to `shards - 1`. */
  readonly shards: number;
  /** Items of one partition whose sort key starts with `prefix`, newest (highest) first. */
  range(pk: string, prefix: string, limit: number, cursor?: string | null): Promise<Page<Item>>;
  /** Items whose `day` is the given one, newest (highest sort key) first. */
  ended(day: string, limit: number, cursor?: string | null): Promise<Page<Item>>;
}

// ----------------------------------------------------------------------------------- the seam: queue

/** The body of a message: reconcile this record if it still has this version. */
export interface ReconcileRequest {
  key: Key;
  version: number;
}

export interface Queue {
  /** @param delaySeconds whole seconds, 0 to 900; the caller hops for longer. */
  send(queue: string, request: ReconcileRequest, delaySeconds: number): Promise<void>;
  /**
   * @returns whether such a message waits, and is due within so many seconds: no worker has it, and it is no dead letter.
   * Absent: nobody can tell, as with SQS.
   */
  waiting?(withinSeconds: number): (request: ReconcileRequest) => boolean;
}

/** Records and messages that are kept together or not at all. */
export interface Kept {
  changes: Array<{ write: Write; expectedVersion: number }>;
  messages: Array<{ queue: string; request: ReconcileRequest; delaySeconds: number }>;
}

/** Keeps all of it in one commit. `lost`: one record has another version than expected, and nothing was kept. */
export type KeepTogether = (kept: Kept) => Promise<"won" | "lost">;

export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface Ids {
  /** Six characters of `0-9a-z` without look-alikes, not guessable. */
  short(): string;
  /** A random UUID, not guessable. */
  uuid(): string;
  /** Uniform in [0, 1), for jitter. */
  random(): number;
}

/** The bounds that the run protocol's promises rest on. */
export interface Timing {
  /** A create or stop is sent at most so long after its intent was committed. */
  windowMs: number;
  /** And is answered, or given up, at most so long after that. */
  callTimeoutMs: number;
  /** Clocks of workers differ at most so much. */
  skewMs: number;
  /** A run is ended by the first sweep so long after its deadline, whatever the cloud does. At least the sum of the above. */
  graceMs: number;
}
