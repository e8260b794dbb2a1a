import { describe, expect, it } from "vitest";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { recipe, TEST_BOOT } from "../unit/builders.ts";
import { lookStage } from "./look.ts";

const image = (is: Partial<Recipe["image"]>): Pick<Recipe, "image"> => ({
  image: { ...recipe().image, ...is },
});
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
const data = { source: { kind: "volume", idOrName: "data" }, capture: "volume" } as const;

describe("the test boot of a recipe", () => {
  it.each([
    ["a flavor", { flavor: "huge" }, "web.test_boot.flavor problem: the cloud has no flavor huge"],
    [
      "a network",
      { networks: ["lan"] },
      "web.test_boot.networks problem: The cloud shows this project no network lan",
    ],
    [
      "a network that shares its name",
      { networks: ["twin"] },
      "web.test_boot.networks problem: The cloud has 2 networks named twin. Write the id of one: 2, 1",
    ],
  ])("with %s that the cloud has not is a problem", async (_what, is, line) => {
    const { cloud, base, told } = lookStage();
    cloud.operator.addServer({ name: "web-golden", image: base });
    for (const id of ["2", "1"]) cloud.world.networks.push({ id, name: "twin", createdAtMs: 0 });
    const lines = await told({ testBoot: { ...TEST_BOOT, ...is } });
    expect(lines).toContainEqual(expect.stringContaining(line));
    const well = await told({ testBoot: { ...TEST_BOOT, networks: ["sim-net"] } });
    expect(well.filter((text) => text.includes("problem"))).toEqual([]);
  });
});

describe("the vault of a recipe", () => {
  const full = (vaultId: string) => ({ capture: "full_server" as const, vaultId });

  it("that takes backups of servers is good, and the finding says how full it is", async () => {
    const { cloud, base, told } = lookStage();
    cloud.settings.imsQuota = 20;
    cloud.operator.addServer({ name: "web-golden", image: base });
    const vault = cloud.operator.addVault("golden");
    vault.usedMib = 10 * 1024 + 1;
    expect(await told(full(vault.id))).toContain(
      `web.vault_id ok: vault golden (${vault.id}): 11 of 1000 GB are used`,
    );
  });

  it.each([
    ["is of disks", { objectType: "disk" as const }, "it is a vault for disk, not for server"],
    ["is full", { usedMib: 1000 * 1024 }, "has no room for the backup: 1000 of 1000 GB are used"],
  ])("that %s is a problem", async (_, is, why) => {
    const { cloud, base, told } = lookStage();
    cloud.settings.imsQuota = 20;
    cloud.operator.addServer({ name: "web-golden", image: base });
    const vault = Object.assign(cloud.operator.addVault("golden"), is);
    expect(await told(full(vault.id))).toContainEqual(
      expect.stringMatching(`^web\\.vault_id problem: .*${why}`),
    );
  });

  it("that is not there is a problem, and so is a cloud without CBR", async () => {
    const { cloud, base, told } = lookStage();
    cloud.operator.addServer({ name: "web-golden", image: base });
    expect((await told(full("v"))).join("\n")).toContain("has no CBR");
    const there = lookStage();
    there.cloud.settings.imsQuota = 20;
    there.cloud.operator.addServer({ name: "web-golden", image: there.base });
    expect((await there.told(full("v"))).join("\n")).toContain("is not in this project and region");
  });
});

describe("the server of a recipe", () => {
  it("that is there is good, and the finding says what it boots from", async () => {
    const { cloud, base, told } = lookStage();
    const { id } = cloud.operator.addServer({ name: "web-golden", image: base });
    expect(await told({})).toEqual([
      `web.server ok: web-golden (${id}) is ACTIVE, boots from an image`,
    ]);
  });

  it("that is nowhere is a problem with a remedy", async () => {
    const { cloud, base, observe } = lookStage();
    cloud.operator.addServer({ name: "Web-golden", image: base });
    expect(await observe({})).toEqual([
      expect.objectContaining({
        state: "problem",
        area: "recipe",
        field: "web.server",
        message: 'No server is named "web-golden", or has that id, in mycloud',
        remedy: expect.stringContaining("openstack server list"),
      }),
    ]);
  });

  it("whose name two servers have is a problem that lists both", async () => {
    const { cloud, base, told } = lookStage();
    const ids = [1, 2].map(() => cloud.operator.addServer({ name: "web-golden", image: base }).id);
    const [line = ""] = await told({});
    expect(line).toMatch(/^web\.server problem: 2 servers are named "web-golden"/);
    for (const id of ids) expect(line).toContain(id);
  });

  it.each([
    ["error", "problem", "is ERROR"],
    ["paused", "ok", "is PAUSED"],
    ["shelved", "problem", "no image can be taken of it"],
    ["building", "unknown", "a run waits"],
  ])("in vm state %s is %s", async (vmState, state, message) => {
    const { cloud, base, observe } = lookStage();
    cloud.operator.addServer({ name: "web-golden", image: base, vmState });
    expect(await observe({})).toEqual([
      expect.objectContaining({ state, message: expect.stringContaining(message) }),
    ]);
  });

  it("that is paused and has volumes, or is to be stopped, is a problem", async () => {
    const { cloud, base, told } = lookStage();
    const volume = cloud.operator.addVolume({ name: "root", image: base });
    cloud.operator.addServer({ name: "web-golden", volumes: [volume], vmState: "paused" });
    expect((await told({}))[0]).toContain("no image can be taken of it");
    expect((await told(stopping))[0]).toContain("it cannot be stopped");
  });

  it("that is locked is a problem only if the recipe stops it", async () => {
    const { cloud, base, told } = lookStage();
    cloud.operator.addServer({ name: "web-golden", image: base }).locked = true;
    expect(await told(stopping)).toContainEqual(
      "web.prepare.stop_server problem: web-golden is locked, so Nova refuses to stop it",
    );
    expect((await told({})).join()).not.toContain("locked");
  });

  it("boots from volumes: the finding says which of them the image holds", async () => {
    const { cloud, base, told } = lookStage();
    const root = cloud.operator.addVolume({ name: "root", image: base, sizeGib: 20 });
    const more = cloud.operator.addVolume({ name: "more" });
    cloud.operator.addServer({ name: "web-golden", volumes: [root, more] });
    expect((await told({}))[0]).toContain("names a snapshot of each of 2 volumes");
    const whole = (await told({ capture: "full_server" }))[0];
    expect(whole).toMatch(/boots from a volume\. Its image holds a backup of 2 volumes$/);
    expect((await told({ capture: "system_disk" }))[0]).toMatch(/boots from a volume$/);
    const only = await told({ capture: "root_volume", ...image({ diskFormat: "qcow2" }) });
    expect(only[0]).toContain(`holds the root volume ${root.id}, 20 GiB`);
  });

  it("does not fit capture: root_volume if it boots from an image", async () => {
    const { cloud, base, observe } = lookStage();
    cloud.operator.addServer({ name: "web-golden", image: base });
    expect(await observe({ capture: "root_volume" })).toEqual([
      expect.objectContaining({
        state: "problem",
        field: "web.capture",
        remedy: expect.stringContaining("Take web.capture out"),
      }),
    ]);
  });
});

describe("the volume of a recipe", () => {
  it("that is free is good, one that is nowhere or in error is a problem", async () => {
    const { cloud, told } = lookStage();
    expect((await told(data))[0]).toMatch(/^web\.volume problem: No volume is named "data"/);
    const volume = cloud.operator.addVolume({ name: "data", sizeGib: 3 });
    expect(await told(data)).toEqual([`web.volume ok: data (${volume.id}) is available, 3 GiB`]);
    volume.status = "error";
    expect((await told(data))[0]).toMatch(/^web\.volume problem: data .* is error/);
    volume.status = "uploading";
    expect((await told(data))[0]).toMatch(/^web\.volume unknown: .*a run waits/);
  });

  it("in use by a running server has to be forced, and a snapshot holds a disk as after a power cut", async () => {
    const { cloud, base, told } = lookStage();
    const volume = cloud.operator.addVolume({ name: "data" });
    cloud.operator.addServer({ name: "db", image: base, volumes: [volume] });
    expect((await told(data))[0]).toMatch(
      /^web\.capture problem: Volume data is attached to db \(ACTIVE\): .*while it is written to/,
    );
    const allowed = {
      ...data,
      prepare: { ...stopping.prepare, stopServer: false, allowLive: true },
    };
    expect((await told(allowed))[0]).toMatch(
      /^web\.capture unknown: .*attached to db \(ACTIVE\): its upload has to be forced/,
    );
    const snapshot = { ...data, capture: "snapshot" } as const;
    expect((await told(snapshot))[0]).toMatch(/^web\.volume ok: .*which runs: .*power cut/);
  });

  it("that is to be put back has to be a data disk of one server", async () => {
    const { cloud, base, told } = lookStage();
    const { prepare } = stopping;
    const restored = { ...data, prepare: { ...prepare, restore: "snapshot" as const } };
    const volume = cloud.operator.addVolume({ name: "data" });
    expect((await told(restored))[0]).toMatch(
      /^web\.prepare\.restore problem: .* cannot be put back .*: no server has it/,
    );
    cloud.operator.addServer({ name: "db", image: base, volumes: [volume] });
    expect((await told(restored))[0]).toMatch(/^web\.volume ok: /);
    cloud.operator.addServer({ name: "other", image: base, volumes: [volume] });
    expect((await told(restored))[0]).toMatch(
      /^web\.prepare\.restore problem: .*: several servers have it/,
    );
  });

  it("whose servers a run stops is sound, unless Nova refuses to stop one", async () => {
    const { cloud, base, told } = lookStage();
    const volumes = [cloud.operator.addVolume({ name: "data" })];
    cloud.operator.addServer({ name: "node-1", image: base, volumes });
    const other = cloud.operator.addServer({ name: "node-2", image: base, volumes });
    const stopped = { ...data, prepare: stopping.prepare };
    expect((await told(stopped))[0]).toMatch(
      /^web\.volume ok: .*node-1 \(ACTIVE\), node-2 \(ACTIVE\): a run stops each server that runs/,
    );
    other.locked = true;
    expect((await told(stopped))[0]).toMatch(
      /^web\.prepare\.stop_server problem: node-2 is locked/,
    );
    Object.assign(other, { locked: false, vmState: "rescued" });
    expect((await told(stopped))[0]).toMatch(/^web\.volume problem: node-2 .* is RESCUE/);
    other.vmState = "paused";
    expect((await told(stopped))[0]).toMatch(/^web\.volume ok: /);
  });
});

describe("the image of a recipe", () => {
  it.each([
    [2, "problem"],
    [3, "ok"],
    [null, "ok"],
  ])("with min_disk %o of a volume of 3 GiB is %s", async (minDiskGib, state) => {
    const { cloud, observe } = lookStage();
    cloud.operator.addVolume({ name: "data", sizeGib: 3 });
    const findings = await observe({ ...data, ...image({ minDiskGib }) });
    const problems = findings.filter(({ field }) => field === "web.image.min_disk");
    const expected = { state, remedy: expect.stringContaining("at least 3") };
    expect(problems).toMatchObject(state === "ok" ? [] : [expected]);
  });

  it("with a min_disk below that of the image which the server boots from is a problem", async () => {
    const { cloud, base, told } = lookStage();
    cloud.operator.addServer({ name: "web-golden", image: base });
    expect((await told(image({ minDiskGib: 5 })))[1]).toMatch(
      /^web\.image\.min_disk problem: 5 is too small: .*asks for 8 GiB/,
    );
  });

  it("that would be refused for its visibility is a problem that names the policy rule", async () => {
    const { cloud, base, observe } = lookStage();
    cloud.operator.addServer({ name: "web-golden", image: base });
    const visible = (visibility: Recipe["image"]["visibility"]) =>
      observe(image({ visibility })).then((all) =>
        all.filter(({ field }) => field === "web.image.visibility"),
      );
    expect(await visible("public")).toEqual([
      expect.objectContaining({
        state: "problem",
        remedy: expect.stringContaining("publicize_image"),
      }),
    ]);
    expect(await visible("community")).toMatchObject([{ state: "ok" }]);
    expect(await visible("private")).toEqual([]);
    const all = cloud.world.firstZone.images.size;
    expect(all).toBe(1);
  });

  it("is asked for its visibility also if its source is nowhere", async () => {
    const { told } = lookStage();
    expect((await told(image({ visibility: "public" }))).map((line) => line.split(":")[0])).toEqual(
      ["web.server problem", "web.image.visibility problem"],
    );
  });

  it("that the quota has no room for is a problem", async () => {
    const { cloud, base, told } = lookStage();
    const root = cloud.operator.addVolume({ name: "root", image: base });
    cloud.operator.addServer({ name: "web-golden", volumes: [root] });
    cloud.settings.snapshotQuota = 0;
    expect((await told({})).join()).toContain(
      "web.capture problem: The quota is too small for a run: snapshots: 0 of 0 used",
    );
  });

  it("uploaded as raw is unknown where the image service may inspect content", async () => {
    const { cloud, told } = lookStage();
    cloud.operator.addVolume({ name: "data" });
    const raw = { ...data, ...image({ diskFormat: "raw" }) };
    expect((await told(raw)).join()).not.toContain("disk_format");
    const newer = lookStage();
    newer.cloud.operator.addVolume({ name: "data" });
    newer.cloud.settings.imageMinor = 17;
    expect((await newer.told(raw)).join()).toContain("web.image.disk_format unknown: raw:");
  });

  it("with a name that gets too long is a problem", async () => {
    const { cloud, base, told } = lookStage();
    cloud.operator.addServer({ name: "x".repeat(240), image: base });
    const named = image({ name: "${{ source.name }}-${{ short_id }}" });
    const source = { kind: "server", idOrName: "x".repeat(240) } as const;
    expect((await told({ source, ...named })).join()).toContain("web.image.name problem:");
  });
});

it("a service that refuses is a problem of the recipe, with the request id", async () => {
  const { cloud, observe } = lookStage();
  cloud.faults.add({
    on: { operation: "compute.listServers", times: 9 },
    effect: { kind: "status", status: 403, message: "Policy doesn't allow x to be performed." },
  });
  expect(await observe({})).toEqual([
    expect.objectContaining({ state: "problem", requestIds: [expect.stringMatching(/^req-/)] }),
  ]);
});
