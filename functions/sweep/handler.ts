import middy from "@middy/core";
import { storeBackend } from "#backend";
import { sweep } from "../../shared/protocol/sweep.ts";
import { chain } from "../../shared/lambda/chain.ts";

/** Every minute: whatever is due and has no message of its own is sent on. */
export const handler = middy(async () => {
  const on = await storeBackend();
  const sent = await sweep(on);
  if (sent > 0) on.log.info("sent on", { sent });
  return { sent };
}, chain);
