import type { Log, Queue } from "../ports.ts";

/** A run is there once it is written down: without its first message it only begins later, by the sweep. */
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
