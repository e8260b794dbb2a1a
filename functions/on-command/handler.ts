import { commandBackend } from "#backend";
import { receiveCommand } from "../../shared/chat/receive.ts";
import { httpEdge } from "../../shared/lambda/http-edge.ts";

/** A command of a chat. regild.yml says who may use which command for which recipe. */
export const handler = httpEdge("workspace", async ({ name, ...request }) =>
  receiveCommand(await commandBackend(), { workspace: name, ...request }),
);
