import type { Program } from "./program.ts";
import { until } from "./support.ts";

/** Kills of `regild serve`: one at each place that a test names. */
export interface HostKills {
  /** Where it was killed, in order. */
  places: readonly string[];
  /** Kills the host and starts it again. @returns false: it was killed here before. */
  at(place: string): Promise<boolean>;
  /** Comes back once the host serves that was started last. */
  serving(): Promise<void>;
  /** Comes back once the run has ended, whichever host ends it. */
  untilEnded(runId: string): Promise<void>;
}

/** @param host what is not opened yet when the kills are planned. */
export function hostKills(host: () => Pick<Program, "kill" | "serve" | "report">): HostKills {
  const places: string[] = [];
  let started: Promise<void> = Promise.resolve();
  return {
    places,
    at: async (place) => {
      if (places.includes(place)) return false;
      places.push(place);
      await started;
      await host().kill();
      started = host().serve();
      return true;
    },
    serving: () => started,
    untilEnded: async (runId) => {
      const ended = async () => {
        await started;
        // A host that was killed just now does not answer.
        const run = await host()
          .report(runId)
          .catch(() => null);
        return run?.ended_at == null ? null : true;
      };
      await until("the end of the run", ended, 900);
    },
  };
}
