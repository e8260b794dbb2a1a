import { expect, it } from "vitest";
import type { Cloud } from "../../../shared/cloud-ports.ts";
import type { Disk, ServerWish } from "../../../shared/server-wish.ts";
import type { Stage } from "../stage.ts";
import { until } from "../target.ts";
import { expectRefused, NOBODY } from "./expect-refused.ts";

/** The port `TestServers`. */
export function adapterTestServersContract(stage: Stage, cloud: Cloud): void {
  const { testServers, compute, volumes } = cloud;

  const wish = async (what: string, is: Partial<ServerWish> = {}): Promise<ServerWish> => {
    const { flavorName, network } = stage.target.boot;
    const flavor = await testServers.flavor(flavorName);
    return {
      name: stage.name(what),
      flavorId: flavor?.id ?? "",
      boot: { imageId: stage.baseImageId },
      networks: network === "none" ? [] : [network],
      securityGroups: [],
      availabilityZone: null,
      keyName: null,
      userData: "#cloud-config\n",
      metadata: { regild_run: "r" },
      ...is,
    };
  };
  const gone = (id: string) =>
    until(stage.target, `server ${id} gone`, async () =>
      (await compute.server(id)) === null ? true : null,
    );

  it("finds a flavor by its name and by its id", async () => {
    const { flavorName } = stage.target.boot;
    const flavor = await testServers.flavor(flavorName);
    expect(flavor).toEqual({
      id: expect.any(String),
      name: flavorName,
      vcpus: expect.any(Number),
      ramMib: expect.any(Number),
      diskGib: expect.any(Number),
    });
    expect(await testServers.flavor(flavor?.id ?? "")).toEqual(flavor);
    expect(await testServers.flavor("no-such-flavor")).toBeNull();
  });

  it.skipIf(stage.target.networkName === null)(
    "finds networks by their exact names, and a server in one has an address",
    async () => {
      const name = stage.target.networkName ?? "";
      const networks = await testServers.networksNamed(name);
      expect(networks).toEqual([expect.any(String)]);
      for (const other of [name.toUpperCase(), name.slice(0, -1), `${name}2`, "no such network"])
        expect(await testServers.networksNamed(other)).toEqual([]);
      const made = await wish("test-network", { networks, securityGroups: ["default"] });
      const { serverId } = await testServers.create(made);
      await stage.untilStatus("server", serverId, "ACTIVE");
      const server = await compute.server(serverId);
      expect(server?.addresses).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/)]);
      await compute.deleteServer(serverId);
      await gone(serverId);
    },
  );

  it("tells the quota of servers", async () => {
    const usage = { used: expect.any(Number), limit: expect.any(Number) };
    expect(await testServers.quota()).toEqual({ instances: usage, cores: usage, ramMib: usage });
  });

  it("boots a server from an image, shows its console, and deletes it", async () => {
    const made = await wish("test-boot");
    const { serverId } = await testServers.create(made);
    expect(await compute.findServers(made.name)).toMatchObject([
      { id: serverId, imageId: stage.baseImageId, metadata: { regild_run: "r" } },
    ]);
    expect(await testServers.console(NOBODY)).toBeNull();
    await stage.untilStatus("server", serverId, "ACTIVE");
    const text = await until(stage.target, "a console", () => testServers.console(serverId));
    expect(text).toEqual(expect.any(String));
    await compute.deleteServer(serverId);
    await gone(serverId);
    expect(await testServers.console(serverId)).toBeNull();
  });

  it("boots a server from a volume of the image, which goes with the server", async () => {
    const disk: Disk = { from: "image", id: stage.baseImageId, bootIndex: 0, sizeGib: 1 };
    const made = await wish("test-volume", { boot: { disks: [disk] } });
    const { serverId } = await testServers.create(made);
    await stage.untilStatus("server", serverId, "ACTIVE");
    const server = await compute.server(serverId);
    expect(server).toMatchObject({ imageId: null, volumeIds: [expect.any(String)] });
    const [volumeId = ""] = server?.volumeIds ?? [];
    expect(await volumes.volume(volumeId)).toMatchObject({ imageId: stage.baseImageId });
    await compute.deleteServer(serverId);
    await gone(serverId);
    await until(stage.target, "its volume gone", async () =>
      (await volumes.volume(volumeId)) === null ? true : null,
    );
  });

  it("is refused for an image and a flavor that are not there", async () => {
    const noImage = await wish("test-none", { boot: { imageId: NOBODY } });
    await expectRefused(testServers.create(noImage), "invalid-request");
    const noFlavor = await wish("test-none", { flavorId: "no-such-flavor" });
    await expectRefused(testServers.create(noFlavor), "invalid-request");
  });

  it("is refused if the snapshot of one disk is not there, and leaves no volume of another disk", async () => {
    const id = await stage.makeImage(stage.name("test-two-disks"));
    const disks: Disk[] = [
      { from: "image", id, bootIndex: 0, sizeGib: 1 },
      { from: "snapshot", id: NOBODY, bootIndex: null, sizeGib: null },
    ];
    const made = await wish("test-two-disks", { boot: { disks } });
    await expectRefused(testServers.create(made), "invalid-request");
    const left = (await volumes.volumes()).filter(({ imageId }) => imageId === id);
    expect(left).toEqual([]);
  });
}
