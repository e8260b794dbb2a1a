import { CloudError } from "../../../shared/openstack/errors.ts";
import { finding, problemOf, type Finding } from "../../../shared/openstack/finding.ts";
import type { DoctorCloud } from "./doctor-cloud.ts";
import { type Mark, nameOf } from "./mark.ts";
import { type Right, remedyFor } from "./rights.ts";

export type Kind = "server" | "image" | "snapshot" | "volume";

/** Announced before its create is sent. `id` is null until the cloud has answered. */
export interface Created {
  kind: Kind;
  name: string;
  id: string | null;
}

export interface ActingOptions {
  cloud: DoctorCloud;
  mark: Mark;
  /** Ctrl-C: no further act begins, and everything made is removed. */
  signal: AbortSignal;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Is told of each act as it ends. */
  tell: (finding: Finding) => void;
}

/** Ctrl-C, between two acts. */
export class Interrupted extends Error {}

/** An act failed although the cloud refused no call: it did not finish the work, or does not have the thing. */
class Unfinished extends Error {
  readonly remedy: string;

  constructor(message: string, remedy = "Ask the cloud's operator why it takes so long or fails") {
    super(message);
    this.remedy = remedy;
  }
}

const AREAS = { server: "compute", image: "image", snapshot: "volume", volume: "volume" } as const;
const LOOK_EVERY_MS = 1000;

/** Does things in a cloud one after the other, turns the outcome of each into a finding, and knows what it has made. */
export class Acting {
  readonly cloud: DoctorCloud;
  readonly mark: Mark;
  readonly now: () => number;
  readonly findings: Finding[] = [];
  readonly made: Created[] = [];
  /** From now on Ctrl-C no longer stops anything: what was made is removed. */
  isCleaningUp = false;
  readonly #options: ActingOptions;

  constructor(options: ActingOptions) {
    this.#options = options;
    this.cloud = options.cloud;
    this.mark = options.mark;
    this.now = options.now;
  }

  tell(found: Finding): void {
    this.findings.push(found);
    this.#options.tell(found);
  }

  /** @param right null: no policy rule of its own stands behind it. @returns whether it was done. */
  async attempt(
    kind: Kind,
    what: string,
    right: Right | null,
    work: () => Promise<void>,
  ): Promise<boolean> {
    if (this.#options.signal.aborted && !this.isCleaningUp) throw new Interrupted();
    try {
      await work();
      this.tell(finding("ok", AREAS[kind], `${what}: done`));
      return true;
    } catch (error) {
      this.tell(refusal(AREAS[kind], what, right, error));
      return false;
    }
  }

  /**
   * Makes one thing, announced first, and waits until it is of use.
   * @param is.suffix of its name, letters only.
   * @returns its id; null: refused, not answered, or not ready. What is there all the same is removed at the end.
   */
  async make(
    kind: Kind,
    is: { what: string; suffix?: string; right: Right; ready?: (id: string) => Promise<void> },
    create: (name: string) => Promise<string>,
  ): Promise<string | null> {
    const made: Created = { kind, name: nameOf(this.mark, is.suffix ?? kind), id: null };
    const isDone = await this.attempt(kind, is.what, is.right, async () => {
      this.made.push(made);
      made.id = await create(made.name);
      await is.ready?.(made.id);
    });
    return isDone ? made.id : null;
  }

  /** Looks each second until there is an answer. @throws Unfinished after so many seconds. */
  async until<T>(what: string, seconds: number, observe: () => Promise<T | null>): Promise<T> {
    const { signal, now, sleep } = this.#options;
    const endMs = now() + seconds * 1000;
    for (;;) {
      const seen = await observe();
      if (seen !== null) return seen;
      if (signal.aborted && !this.isCleaningUp) throw new Interrupted();
      if (now() >= endMs) throw new Unfinished(`${what} is not reached after ${seconds} s`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** @param remedy unless given: ask the cloud's operator. @throws Unfinished */
  failed(message: string, remedy?: string): never {
    throw new Unfinished(message, remedy);
  }
}

function refusal(area: string, what: string, right: Right | null, error: unknown): Finding {
  if (error instanceof Unfinished) {
    return finding("problem", area, `${what}: ${error.message}`, error.remedy);
  }
  if (!(error instanceof CloudError)) throw error;
  const found = problemOf(area, error, remedyOf(right, error));
  const state = error.code === "not-offered" ? "unknown" : "problem";
  return { ...found, state, message: `${what}: ${error.message}` };
}

function remedyOf(right: Right | null, { code, kind }: CloudError): string | null {
  if (code === "forbidden" && right !== null) return remedyFor(right);
  if (code === "quota-exceeded") return "Delete what is not needed, or ask for more quota";
  if (code === "token-refused" || code === "sign-in-failed")
    return "If an application credential has access rules, let them allow this call";
  return kind === "refused" ? null : "Try again; if it stays so, ask the cloud's operator";
}
