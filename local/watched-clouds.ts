import type { ApiCall, Clouds } from "../shared/cloud-ports.ts";

/** Wraps the clouds. Calls `saw` with the cloud's name for each call. */
export function watchedClouds(clouds: Clouds, saw: (cloud: string, call: ApiCall) => void): Clouds {
  return {
    open: (ref, seen, untilMs) =>
      clouds.open(
        ref,
        (call) => {
          saw(ref.cloud, call);
          seen(call);
        },
        untilMs,
      ),
  };
}
