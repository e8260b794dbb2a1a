import { webhookBackend } from "#backend";
import { httpEdge } from "../../shared/lambda/http-edge.ts";
import { receive } from "../../shared/webhook/receive.ts";

/** A delivery of a webhook. regild.yml says who may send, and recipes.yml which event starts which recipe. */
export const handler = httpEdge("sender", async ({ name, ...delivery }) =>
  receive(await webhookBackend(), { sender: name, ...delivery }),
);
