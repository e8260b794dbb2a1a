import { storeBackend } from "#backend";
import type { Key, Queue } from "../../shared/ports.ts";
import { isToTell, sweep } from "../../shared/protocol/sweep.ts";
import { chain } from "../../shared/lambda/chain.ts";

/** Every minute: whatever is due and has no message of its own is sent on. */
export const handler = chain(async () => {
  const on = await storeBackend();
  const kinds = { run: 0, recipe: 0, source: 0, report: 0 };
  const queue: Queue = {
    ...(on.queue.waiting && { waiting: on.queue.waiting.bind(on.queue) }),
    send: (name, request, delaySeconds) => {
      kinds[kindOf(request.key)] += 1;
      return on.queue.send(name, request, delaySeconds);
    },
  };
  const sent = await sweep({ ...on, queue });
  for (const [kind, count] of Object.entries(kinds)) {
    if (count > 0) on.metrics.put({ regild_sweep_sent_on_total: count }, { kind });
  }
  if (sent > 0) on.log.info("sent on", kinds);
  return { sent };
});

/** The sweep always sends the messages of recipes and sources. It sends one for a run only when the run's own was lost. */
function kindOf(key: Key): "run" | "recipe" | "source" | "report" {
  const { sk } = key;
  if (sk === "head") return "recipe";
  if (isToTell(key)) return "report";
  return sk === "lock" ? "source" : "run";
}
