import { type Agent, request } from "node:http";
import { githubSignature } from "../test/unit/webhook/sign.ts";

/** Who sends the deliveries, as regild.yml and recipes.yml name it. */
export const SENDER = "ci";
export const SECRET = "0123456789abcdef0123456789abcdef";
const BODY = JSON.stringify({ action: "completed", workflow_run: { conclusion: "success" } });
const SIGNATURE = githubSignature(SECRET, BODY);

/**
 * Sends a delivery of a build system, signed as GitHub does.
 * @param id each other one starts a run.
 * @returns milliseconds until the answer. Null: it was not accepted.
 */
export function deliverOne(to: URL, agent: Agent, id: string): Promise<number | null> {
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
