import type { ApiCall, Clouds } from "../shared/cloud-ports.ts";

/** The same clouds; each call is also told to `saw`, with the cloud's name. */
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
