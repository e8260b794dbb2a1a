import { describe, expect, it } from "vitest";
import type { Cloud, Server, Volume } from "../../../shared/cloud-ports.ts";
import { seeSourceState } from "../../../shared/source/state.ts";
import { recipe, server, volume } from "../builders.ts";

const here = { serverId: "server-1", device: "/dev/vdb" };
const elsewhere = { serverId: "server-2", device: "/dev/vdb" };

async function isStill(is: Partial<Server>, ...volumes: Array<Partial<Volume>>): Promise<boolean> {
  const there = volumes.map((each, n) => volume({ id: `volume-${n}`, status: "in-use", ...each }));
  const volumeIds = there.map(({ id }) => id);
  const ports = {
    compute: {
      server: async () => server({ status: "SHUTOFF", volumeIds, ...is }),
      actionsOf: async () => [],
    },
    volumes: { volume: async (id: string) => there.find((each) => each.id === id) ?? null },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the calls that it makes
  const cloud = ports as unknown as Cloud;
  const source = { kind: "server", id: "server-1" } as const;
  const seen = await seeSourceState(cloud, recipe({ skipUnchanged: { version: null } }), source);
  return seen?.state.isStill ?? false;
}

describe("no guest writes to the disks of a server", () => {
  it("that is SHUTOFF, and whose volumes are its own", async () => {
    expect(await isStill({})).toBe(true);
    expect(await isStill({}, { attachments: [here] }, { attachments: [here] })).toBe(true);
  });

  it("unless it runs, or something is done to it", async () => {
    expect(await isStill({ status: "ACTIVE" })).toBe(false);
    expect(await isStill({ taskState: "powering-on" })).toBe(false);
  });

  it.each<[string, Partial<Volume>]>([
    ["is attached to another server too", { attachments: [here, elsewhere] }],
    ["is listed first with another server", { attachments: [elsewhere, here] }],
    ["is attached to another server alone", { attachments: [elsewhere] }],
    ["does not show whose it is", { attachments: [], oddFields: ["attachments"] }],
  ])("unless one of its volumes %s", async (_what, shared) => {
    expect(await isStill({}, { attachments: [here] }, shared)).toBe(false);
    expect(await isStill({}, shared, { attachments: [here] })).toBe(false);
  });
});
