import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { deliverOne } from "../delivery.ts";

export interface Delivered {
  sent: number;
  accepted: number;
  /** Milliseconds until the answer, of those accepted. */
  p99Ms: number;
}

/** Deliveries at an even rate, whether the ones before are answered or not. */
export async function deliver(
  to: URL,
  is: { perSecond: number; seconds: number },
): Promise<Delivered> {
  using agent = new KeptConnections();
  const beganAtMs = performance.now();
  const tookMs: Array<Promise<number | null>> = [];
  for (let nth = 0; nth < is.perSecond * is.seconds; nth++) {
    const dueInMs = beganAtMs + (nth * 1000) / is.perSecond - performance.now();
    if (dueInMs > 0) await sleep(dueInMs);
    tookMs.push(deliverOne(to, agent, `${beganAtMs} ${nth}`));
  }
  const accepted = (await Promise.all(tookMs))
    .filter((ms) => ms !== null)
    .toSorted((a, b) => a - b);
  return {
    sent: tookMs.length,
    accepted: accepted.length,
    p99Ms: accepted[Math.ceil(accepted.length * 0.99) - 1] ?? NaN,
  };
}

class KeptConnections extends Agent {
  constructor() {
    super({ keepAlive: true });
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}
