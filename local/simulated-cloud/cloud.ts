import type { HttpRequest, HttpResponse, ProbeTarget } from "../../shared/ports.ts";
import { bootedPart } from "./nova/console.ts";
import { arrive } from "./exchange.ts";
import { Faults } from "./faults.ts";
import type { Caller } from "./identity-store.ts";
import { COMES_LATER } from "./glance/content.ts";
import { Operator } from "./operator.ts";
import { uuidFrom } from "./random.ts";
import { defaultSettings, type Settings } from "./settings.ts";
import { spoil, type Exchange } from "./spoil.ts";
import { World } from "./world.ts";

export interface SimulatedCloudOptions {
  /** The clock, in epoch milliseconds. Time passes only by asking: see `SimulatedCloud`. */
  now: () => number;
  /** Numbers in [0, 1): ids come from here, and nothing else does. */
  random: () => number;
  settings?: Partial<Settings>;
  /** What the catalog's URLs begin with. */
  baseUrl?: string;
  /** Regions; each has an image service of its own, the first also compute and volume. */
  zones?: string[];
}

const CONTENT = /\/image\/([^/]+)\/v2\/images\/([^/]+)\/file$/;

/** Content on its way: how long it takes, and what becomes of it. */
export interface Receiving {
  seconds: number;
  /** @returns null: no answer ever comes. */
  end: (text: string) => HttpResponse | null;
  cut: () => void;
}

/**
 * An OpenStack in memory: identity, compute, volume and image services as release Zed answers them.
 * Pure and synchronous. Each request first lets happen what is due by the clock (uploads end, servers
 * stop), then is answered; nothing happens in between.
 */
export class SimulatedCloud {
  readonly settings: Settings;
  readonly faults = new Faults();
  /** What people with other means do: make sources, delete by hand, tamper. */
  readonly operator: Operator;
  /** The tables themselves, for those who check what became of things. Call `settle()` first. */
  readonly world: World;
  /** The project `demo`, which owns what the operator makes unless told otherwise. */
  readonly demo: Caller;
  readonly #now: () => number;

  constructor(options: SimulatedCloudOptions) {
    this.#now = options.now;
    this.settings = { ...defaultSettings(), ...options.settings };
    this.world = new World({
      settings: this.settings,
      baseUrl: options.baseUrl ?? "http://cloud.example",
      zoneNames: options.zones ?? ["az1", "az2"],
      nowMs: options.now(),
      newId: () => uuidFrom(options.random),
    });
    this.demo = this.world.identity.addProject("demo", "demo-secret");
    this.operator = new Operator(this.world, this.demo, () => this.settle());
  }

  get authUrl(): string {
    return `${this.world.baseUrl}/identity/v3`;
  }

  /** Lets everything happen that is due by now. */
  settle(): void {
    this.world.advanceTo(this.#now());
  }

  /** What somebody hears who asks a server over its network. Null: an answer. */
  probe({ address }: Pick<ProbeTarget, "address">): string | null {
    this.settle();
    const { nowMs, servers, settings } = this.world;
    const asked = [...servers.values()].find(
      ({ addresses = {}, vmState }) =>
        vmState === "active" && Object.values(addresses).includes(address),
    );
    if (asked === undefined) return "host unreachable";
    const isUp = bootedPart(asked, nowMs, settings.guestSeconds) === 1;
    return isUp && asked.guest?.outcome === "boots" ? null : "connection refused";
  }

  /** One exchange, with whatever goes wrong on the way. */
  exchange(request: HttpRequest): Exchange {
    this.settle();
    return spoil(this.world, arrive(this.world, this.faults, request));
  }

  /** Content begins to arrive, whose end comes later. @returns the refusal, or how it ends. */
  receive(request: HttpRequest): HttpResponse | Receiving {
    this.settle();
    const headers = { ...request.headers, [COMES_LATER]: "yes" };
    const { execute, word } = arrive(this.world, this.faults, { ...request, headers });
    const answer = execute();
    const [, zone = "", id = ""] = CONTENT.exec(request.url) ?? [];
    const arriving = this.world.arriving.get(`${zone} ${id}`);
    if (answer.status !== 100 || arriving === undefined) return answer;
    const settled = <T>(work: () => T): T => {
      this.settle();
      return work();
    };
    return {
      seconds: arriving.seconds,
      cut: () => settled(arriving.cut),
      end: (text) => {
        const said = settled(() => arriving.end(text));
        return said === null ? null : word(said);
      },
    };
  }

  /** One exchange on a network that never fails: effects on exchanges are passed over, those on the state happen. */
  handle(request: HttpRequest): HttpResponse {
    this.settle();
    return arrive(this.world, this.faults, request).execute();
  }
}
