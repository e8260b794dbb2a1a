import { storeBackend } from "#backend";
import { receiveHookAnswer } from "../../shared/hook/receive.ts";
import { httpEdge } from "../../shared/lambda/http-edge.ts";

/** The later answer of a hook that a run asked before it stops its source. */
export const handler = httpEdge("run", async ({ name, ...answer }) =>
  receiveHookAnswer(await storeBackend(), { run: name, ...answer }),
);
