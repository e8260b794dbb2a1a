import { uuidFrom } from "../../local/simulated-cloud/random.ts";
import type { Deps } from "../../shared/protocol/step.ts";
import { timing } from "./builders.ts";

/** What steps are given beside a store and a cloud: ids that a seed decides, a queue that drops, a log that says nothing. */
export function quietDeps(random: () => number): Pick<Deps, "queue" | "ids" | "log" | "timing"> {
  const log = (): void => {};
  return {
    queue: { send: async () => {} },
    ids: {
      random,
      uuid: () => uuidFrom(random),
      short: () => random().toString(36).slice(2, 8).padEnd(6, "0"),
    },
    log: { info: log, warn: log, error: log },
    timing,
  };
}
