import { setTimeout as sleep } from "node:timers/promises";
import { alteredClouds } from "../altered-clouds.ts";
import { type ProxiedAnswer, type ProxiedRequest, proxyBefore } from "../endpoint-proxy.ts";
import type { TestCloud } from "../sign-in.ts";
import {
  ANNOUNCED,
  type Birth,
  type Call,
  callOf,
  IMAGE_CREATES,
  madeBy,
  runAsking,
} from "./calls.ts";

/** Where on a call's way the host dies. `late`: before it leaves, and it reaches the cloud all the same, seconds later. */
export const MOMENTS = ["never sent", "sent late", "not answered", "just answered"] as const;
export type Moment = (typeof MOMENTS)[number];

export interface Met {
  call: Call;
  moment: Moment;
  /** The run whose request for an image is held back, if that is all that the host is killed at. */
  heldOf?: string;
}

export interface SeamsOptions {
  random: () => number;
  kill: () => Promise<void>;
  /** Kills at creates of images only, each before it is sent; it arrives up to so much later. Null: at every call. */
  holdMs: number | null;
}

/** The protocol gives an announced call 70 s to take effect, window and time-out: this is well within, even on a busy machine. */
const LATEST_MS = 20_000;
const BUSY_MACHINE_MS = 25_000;
const JUST_MS = 30;

/** Stands between the host and the cloud, sees every call that changes something, and has the host killed at some. */
export class Seams implements AsyncDisposable {
  readonly births: Birth[] = [];
  /** For the host, by way of here. */
  cloudsYaml = "";
  private readonly is: SeamsOptions;
  private readonly hits: Met[] = [];
  private readonly late = new Set<Promise<unknown>>();
  private readonly proxies = new AsyncDisposableStack();
  private trap: ((met: Met) => void) | null = null;

  private constructor(is: SeamsOptions) {
    this.is = is;
  }

  static async open(cloud: TestCloud, cloudName: string, options: SeamsOptions): Promise<Seams> {
    const seams = new Seams(options);
    const overrides: Record<string, string> = {};
    for (const service of ["compute", "volume", "image"] as const) {
      const proxy = await proxyBefore(cloud.url(service), (request, forward) =>
        seams.meet(request, forward),
      );
      seams.proxies.use(proxy);
      overrides[`${service}_endpoint_override`] = proxy.url;
    }
    seams.cloudsYaml = alteredClouds(cloudName, (entry) => ({ ...entry, ...overrides }));
    return seams;
  }

  /**
   * Kills at one of the next calls: the seldomer it was chosen so far, the likelier.
   * @returns null: there was none in time, and the host lives.
   */
  async killAtCall(withinMs: number): Promise<Met | null> {
    const met = new Promise<Met>((resolve) => (this.trap = resolve));
    const caught = await Promise.race([met, sleep(withinMs, null)]);
    if (caught !== null || this.trap === null) return met;
    this.trap = null;
    return null;
  }

  /** Nothing is on its way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.late);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.settled();
    await this.proxies.disposeAsync();
  }

  private async meet(
    request: ProxiedRequest,
    forward: () => Promise<ProxiedAnswer>,
  ): Promise<ProxiedAnswer | null> {
    const call = callOf(request);
    if (call === null) return forward();
    const send = async (): Promise<ProxiedAnswer> => {
      const atMs = Date.now();
      const answer = await forward();
      const made = madeBy(call, request, answer);
      if (made !== null) this.births.push({ ...made, atMs });
      return answer;
    };
    const { trap } = this;
    const met = trap === null ? null : this.chosen(call, request);
    if (trap === null || met === null) return send();
    this.trap = null;
    this.hits.push(met);
    return this.killAt(met.moment, send, () => trap(met));
  }

  /** Null: the host goes on. */
  private chosen(call: Call, { body }: ProxiedRequest): Met | null {
    if (this.is.holdMs !== null) {
      if (!IMAGE_CREATES.includes(call)) return null;
      return { call, moment: "sent late", heldOf: runAsking(body) };
    }
    const hits = this.hits.filter((hit) => hit.call === call);
    if (this.is.random() > 1 / (1 + hits.length)) return null;
    return { call, moment: this.seldomest(call, hits) };
  }

  private seldomest(call: Call, hits: Met[]): Moment {
    const open = MOMENTS.filter((one) => one !== "sent late" || ANNOUNCED.includes(call));
    const count = (moment: Moment): number => hits.filter((hit) => hit.moment === moment).length;
    const least = Math.min(...open.map(count));
    const seldom = open.filter((moment) => count(moment) === least);
    return seldom[Math.floor(this.is.random() * seldom.length)] ?? "never sent";
  }

  private async killAt(
    moment: Moment,
    send: () => Promise<ProxiedAnswer>,
    killed: () => void,
  ): Promise<ProxiedAnswer | null> {
    const kill = async (): Promise<void> => {
      await this.is.kill();
      killed();
    };
    const after = this.is.random();
    switch (moment) {
      case "never sent":
        await kill();
        return null;
      case "sent late":
        await kill();
        this.keep(sendLate(send, after * (this.is.holdMs ?? LATEST_MS)));
        return null;
      case "not answered":
        await send();
        await kill();
        return null;
      case "just answered": {
        const answer = await send();
        this.keep(sleep(after * JUST_MS).then(kill));
        return answer;
      }
    }
  }

  private keep(work: Promise<unknown>): void {
    const kept = work.finally(() => this.late.delete(kept));
    this.late.add(kept);
  }
}

async function sendLate(send: () => Promise<unknown>, afterMs: number): Promise<void> {
  const sinceMs = Date.now();
  await sleep(afterMs);
  if (Date.now() - sinceMs < afterMs + BUSY_MACHINE_MS) await send();
}
