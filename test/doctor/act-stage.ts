import { act } from "../../local/doctor/act/act.ts";
import { DoctorCloud } from "../../local/doctor/act/doctor-cloud.ts";
import { type Maker, newMark } from "../../local/doctor/act/mark.ts";
import type { ServerWish } from "../../local/doctor/act/server-acts.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import { openSession } from "../../shared/openstack/cloud.ts";
import type { Finding } from "../../shared/openstack/finding.ts";
import type { HttpRequest } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { configOf } from "../contract/simulated-target.ts";
import { NOW, timing } from "../unit/builders.ts";

export const SELF: Maker = { machine: "0a0a0a0a", pid: 4711 };

/** A doctor that acts on a simulated cloud, with a clock of its own. */
export class ActStage {
  nowMs = NOW;
  readonly cloud = new SimulatedCloud({ now: () => this.nowMs, random: seededRandom(1) });
  readonly requests: HttpRequest[] = [];
  readonly told: Finding[] = [];
  readonly stop = new AbortController();
  /** Right before each request. */
  onRequest: (request: HttpRequest) => void = () => {};
  #doctors = 0;

  constructor() {
    this.cloud.operator.addImage({ name: "base", visibility: "public" });
  }

  act(
    is: { recipes?: Recipe[]; server?: ServerWish; self?: Maker; sleep?: () => Promise<void> } = {},
  ): Promise<Finding[]> {
    const { recipes = [], server = null, self = SELF } = is;
    const http = asHttp(this.cloud);
    const send = (request: HttpRequest) => {
      this.requests.push(request);
      this.onRequest(request);
      return http.send(request);
    };
    const now = (): number => this.nowMs;
    const session = openSession(configOf(this.cloud, this.cloud.demo), {
      http: () => ({ send }),
      now,
      timing,
    });
    this.#doctors += 1;
    const options = {
      cloud: new DoctorCloud(session, null),
      mark: newMark(self, this.nowMs, `aaaaa${this.#doctors}`),
      signal: this.stop.signal,
      now,
      sleep: (ms: number) => {
        this.nowMs += ms;
        return Promise.resolve();
      },
      tell: (finding: Finding) => void this.told.push(finding),
    };
    return act(options, { recipes, server, self });
  }

  /** Everything in the project, by name, but for the image it was born with. */
  left(): string[] {
    this.cloud.settle();
    const { volumes, snapshots, servers, firstZone } = this.cloud.world;
    return [volumes, snapshots, servers, firstZone.images]
      .flatMap((map) => [...map.values()])
      .map(({ name }) => name ?? "")
      .filter((name) => name !== "base");
  }
}
