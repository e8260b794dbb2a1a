/** What goes wrong with the exchange itself. `executed` says whether the cloud did what was asked. */
export type ExchangeEffect =
  /** In process: provably never sent. Over HTTP a reset, as an open port can not refuse. */
  | { kind: "unreachable" }
  | { kind: "reset"; executed: boolean }
  /** No answer within any time-out. */
  | { kind: "silence"; executed: boolean }
  /** No answer now; the cloud does it after so many seconds all the same. */
  | { kind: "delayed"; seconds: number }
  /** Answers so much later; in process that is a time-out, or no wait at all. */
  | { kind: "latency"; seconds: number }
  | {
      kind: "status";
      status: number;
      executed?: boolean;
      message?: string;
      headers?: Record<string, string>;
      /** As a proxy in front would write it. */
      html?: boolean;
    }
  /** Executed; half of the body arrives. */
  | { kind: "truncated" };

/** What goes wrong later with something that was accepted. */
export type StateEffect =
  /** createImage, uploadImage: the image is deleted at the end of its upload, and somewhere it says why. */
  | { kind: "upload-breaks" }
  | { kind: "upload-never-ends" }
  /** The image goes from `saving` back to `queued` and stays there. */
  | { kind: "upload-reverts" }
  /** image.import: the image is `queued` again, without its content. */
  | { kind: "import-fails" }
  /** image.import: the image stays `importing`. */
  | { kind: "import-never-ends" }
  /** image.upload: 500 at the end of the content, and the image is `queued` again. */
  | { kind: "content-breaks" }
  /** image.upload: no answer, and the image stays `saving`, as when Glance itself dies. */
  | { kind: "content-stays" }
  | { kind: "image-vanishes"; afterSeconds: number }
  /** The image shows this status in place of `saving`. */
  | { kind: "unknown-status"; status: string }
  /** createImage of a volume-backed server: its snapshot number so-and-so (from 1) ends in `error`. */
  | { kind: "snapshot-fails"; number: number }
  /** createImage of a volume-backed server answers 500 when so many snapshots are made; they stay. */
  | { kind: "snapshots-cut"; after: number }
  /** deleteSnapshot: 202, and it is `available` again; broken: `error_deleting`. */
  | { kind: "snapshot-stays"; broken?: boolean }
  /** revert: 202, then the volume is in `error`, and Cinder's own snapshot stays. */
  | { kind: "revert-fails" }
  /** image.delete with delete_backup, cbr.deleteBackup: it is taken, and the backup stays. */
  | { kind: "backup-stays" }
  /** ims.exportImage: the job fails at its end, and there is no file. */
  | { kind: "export-fails" }
  /** deleteVolume: 202, then `error_deleting`, and Cinder writes no message about it. */
  | { kind: "volume-stays" }
  /** K5: the image is active, yet lacks in another zone; the property says so in either spelling. */
  | {
      kind: "sync-fails";
      property: "sync_status_reason" | "sync_reason_status";
      reason?: string;
      /** From active until the property is there. Left out: as long as a copy takes. */
      afterSeconds?: number;
      /** The zones of this cloud get the image all the same. */
      ofAnotherZone?: true;
    };

export type Effect = ExchangeEffect | StateEffect;

/** One thing that goes wrong: plain data, so that a list of them can be printed, kept and shrunk. */
export interface Fault {
  on: {
    /** `compute.createImage`, `image.show` … as the route tables name them. */
    operation?: string;
    method?: string;
    /** A regular expression for the path. */
    path?: string;
    /** From which match on (1, unless given), and for how many. */
    nth?: number;
    times?: number;
  };
  effect: Effect;
}

const EXCHANGE_KINDS: ReadonlySet<string> = new Set<ExchangeEffect["kind"]>([
  "unreachable",
  "reset",
  "silence",
  "delayed",
  "latency",
  "status",
  "truncated",
]);

function isExchangeEffect(effect: Effect): effect is ExchangeEffect {
  return EXCHANGE_KINDS.has(effect.kind);
}

/** The list of what goes wrong, and how often each has matched. */
export class Faults {
  #list: Array<{ fault: Fault; matches: number }> = [];

  add(...faults: Fault[]): void {
    for (const fault of faults) this.#list.push({ fault, matches: 0 });
  }

  clear(): void {
    this.#list = [];
  }

  /** Counts this request, and tells what it meets: at most one effect on the exchange, any on the state. */
  meet(
    operation: string,
    method: string,
    path: string,
  ): { exchange: ExchangeEffect | null; state: StateEffect[] } {
    let exchange: ExchangeEffect | null = null;
    const state: StateEffect[] = [];
    for (const entry of this.#list) {
      const { on, effect } = entry.fault;
      if (on.operation !== undefined && on.operation !== operation) continue;
      if (on.method !== undefined && on.method !== method) continue;
      if (on.path !== undefined && !new RegExp(on.path, "u").test(path)) continue;
      entry.matches += 1;
      const first = on.nth ?? 1;
      if (entry.matches < first || entry.matches >= first + (on.times ?? 1)) continue;
      if (!isExchangeEffect(effect)) state.push(effect);
      else exchange ??= effect;
    }
    return { exchange, state };
  }
}
