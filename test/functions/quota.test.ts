import { describe, expect, it } from "vitest";
import type { Settings } from "../../local/simulated-cloud/settings.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { recipe } from "../unit/builders.ts";
import { ended } from "./ended.ts";
import { Installation } from "./installation.ts";

const stopping = {
  prepare: {
    stopServer: true,
    stopTimeoutMs: 60_000,
    allowLive: false,
    waitForShutoffMs: null,
    restore: null,
    hook: null,
  },
};
const qcow2 = { image: { ...recipe().image, diskFormat: "qcow2" as const } };
const rootVolume = { capture: "root_volume", ...qcow2, ...stopping } as const;

/** A server that boots from a volume of 20 GiB and has another of 1 GiB. */
function stage(settings: Partial<Settings>) {
  const on = new Installation();
  const base = on.cloud.operator.addImage({ name: "debian-12" });
  const root = on.cloud.operator.addVolume({ name: "root", image: base, sizeGib: 20 });
  const more = on.cloud.operator.addVolume({ name: "more" });
  const server = on.cloud.operator.addServer({ name: "web-golden", volumes: [root, more] });
  Object.assign(on.cloud.settings, settings);
  return { on, server };
}

describe("a quota that is too small for a run", () => {
  it.each<[string, Partial<Settings>, Partial<Recipe>]>([
    ["snapshots: 0 of 1 used, a run needs 2 more", { snapshotQuota: 1 }, stopping],
    ["snapshots: 0 of 0 used, a run needs 1 more", { snapshotQuota: 0 }, rootVolume],
    ["volumes: 2 of 2 used, a run needs 1 more", { volumeQuota: 2 }, rootVolume],
    ["GiB of volumes: 21 of 40 used, a run needs 20 more", { gigabytesQuota: 40 }, rootVolume],
    ["images: 1 of 1 used, a run needs 1 more", { imageQuota: 1 }, stopping],
  ])("%s: the server is not stopped and nothing is made", async (message, settings, is) => {
    const { on, server } = stage(settings);
    const run = await ended(on, recipe(is));
    expect(run.failure).toMatchObject({
      code: "quota-exceeded",
      step: "prepare-source",
      message: `The quota is too small for a run: ${message}`,
      remedy: expect.stringContaining("ask the cloud's operator for more quota"),
    });
    expect(run.stoppedAtMs).toBeNull();
    expect(server.vmState).toBe("active");
    const changes = on.requests.filter(
      ({ method, url }) => method !== "GET" && !url.endsWith("/auth/tokens"),
    );
    expect(changes).toEqual([]);
  });

  it.each<[string, Partial<Settings>, Partial<Recipe>]>([
    ["just enough snapshots", { snapshotQuota: 2 }, stopping],
    [
      "just enough of everything",
      { snapshotQuota: 1, volumeQuota: 3, gigabytesQuota: 61 },
      rootVolume,
    ],
    ["no limits", { snapshotQuota: Infinity, volumeQuota: Infinity }, stopping],
    ["one image left", { imageQuota: 2 }, {}],
  ])("%s is no reason to refuse", async (_case, settings, is) => {
    const { on } = stage(settings);
    expect((await ended(on, recipe(is))).outcome).toBe("succeeded");
  });

  it.each([403, 404, 500])(
    "is not known where the services answer %i: the run goes on",
    async (status) => {
      const { on } = stage({});
      for (const operation of ["volume.limits", "image.usage"]) {
        on.cloud.faults.add({ on: { operation, times: 99 }, effect: { kind: "status", status } });
      }
      expect((await ended(on, recipe(stopping))).outcome).toBe("succeeded");
    },
  );
});
