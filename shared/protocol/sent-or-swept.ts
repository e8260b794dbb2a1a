import type { Log, Queue } from "../ports.ts";

/** A run exists once it is stored. If its first message cannot be sent, the sweep starts it later. */
export function sentOrSwept(queue: Queue, log: Pick<Log, "warn">): Queue {
  return {
    send: async (name, request, delaySeconds) => {
      try {
        await queue.send(name, request, delaySeconds);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn("The run begins within two minutes, since its message was not sent", { reason });
      }
    },
  };
}
