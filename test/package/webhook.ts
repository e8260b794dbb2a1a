import * as z from "zod/mini";
import type { Running } from "../cli/workplace.ts";
import { githubSignature } from "../unit/webhook/sign.ts";

export const SECRET = "the secret of the build system";
export const SENDERS = `senders: { ci: { scheme: github, secrets: [${SECRET}] } }\n`;

/** The address that a host takes webhooks at, once it does. */
export async function webhookOf(host: Running): Promise<string> {
  await host.said('"webhooks"');
  const [line = ""] = host.out().split("\n");
  const { webhooks } = z.looseObject({ webhooks: z.array(z.string()) }).parse(JSON.parse(line));
  return webhooks[0] ?? "";
}

/** A release, signed as GitHub signs it. */
export async function deliver(url: string): Promise<Response> {
  const body = "{}";
  return fetch(url, {
    method: "POST",
    headers: {
      "X-GitHub-Event": "release",
      "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      "X-Hub-Signature-256": githubSignature(SECRET, body),
    },
    body,
  });
}
