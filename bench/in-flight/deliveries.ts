import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { githubSignature } from "../../test/unit/webhook/sign.ts";

export const SENDER = "ci";
export const SECRET = "0123456789abcdef0123456789abcdef";
const BODY = JSON.stringify({ action: "completed", workflow_run: { conclusion: "success" } });
const SIGNATURE = githubSignature(SECRET, BODY);

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

/** @returns milliseconds until the answer. Null: it was not accepted. */
function deliverOne(to: URL, agent: Agent, id: string): Promise<number | null> {
  const headers = {
    "content-type": "application/json",
    "x-github-event": "done",
    "x-github-delivery": id,
    "x-hub-signature-256": SIGNATURE,
  };
  const beganAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(to, { method: "POST", headers, agent }, (answer) => {
      answer.resume().on("end", () => {
        resolve(answer.statusCode === 202 ? performance.now() - beganAtMs : null);
      });
    });
    sent.on("error", (error) => {
      // The host has closed a connection that was quiet for a while: the delivery was not seen, and is sent again.
      if (sent.reusedSocket) resolve(deliverOne(to, agent, id));
      else reject(error);
    });
    sent.end(BODY);
  });
}
