import { describe, expect, it } from "vitest";
import type { SimulatedCloud } from "../../../local/simulated-cloud/cloud.ts";
import type { Image } from "../../../local/simulated-cloud/resources.ts";
import { addSnapshot } from "../../../local/simulated-cloud/cinder/snapshots.ts";
import { BEYOND } from "../faults.ts";
import { HOUR, MINUTE, scenario, type Scenario, SECOND, STOP } from "./scenario.ts";

const RECIPE = "volume: app-data, prepare: { wait_for_shutoff: 10m, restore: snapshot }";
const START = /POST \S+ os-start/;
const SNAPSHOT = /POST \S+\/snapshots /;
const UPLOAD = /POST \S+ os-volume_upload_image/;
const DETACH = /DELETE \S+\/os-volume_attachments\//;
const ATTACH = /POST \S+\/os-volume_attachments/;
const REVERT = /POST \S+ revert/;
const DELETE_SNAPSHOT = /DELETE \S+\/snapshots\//;

/** What every server is built from. */
function base({ world }: SimulatedCloud): Image {
  const [image] = world.firstZone.images.values();
  if (image === undefined) throw new Error("there is no image");
  return image;
}

function addApp(cloud: SimulatedCloud): void {
  const { operator } = cloud;
  const image = base(cloud);
  const volume = operator.addVolume({ name: "app-data" });
  volume.content = "as found";
  operator.addServer({ name: "app", image, volumes: [volume] });
}

function disk(s: Scenario) {
  const found = [...s.cloud.world.volumes.values()].find(({ name }) => name === "app-data");
  if (found === undefined) throw new Error("app-data is gone");
  return found;
}

const isWaiting = (s: Scenario) =>
  s.run()?.timeline.some(({ text }) => text === "waits for app to power itself off") === true;

/** The guest prepares its disk, and powers itself off so long after the run has begun to wait for it. */
function preparesItself(s: Scenario, afterMs = MINUTE): void {
  let isAsked = false;
  s.always(() => {
    if (isAsked || !isWaiting(s)) return;
    isAsked = true;
    disk(s).content = "half prepared";
    s.after(afterMs, () => {
      // One that was stopped meanwhile writes nothing more.
      if (s.run()?.failure !== null || s.server("app").vmState !== "active") return;
      disk(s).content = "prepared";
      s.cloud.operator.powerOffByGuest(s.server("app").id);
    });
  });
}

const opened = async (options: Parameters<typeof scenario>[0] = {}) =>
  scenario({ recipe: RECIPE, prepare: addApp, ...options });

function expectAsFound(s: Scenario): void {
  const { content, status, attachments } = disk(s);
  expect({ content, status }).toEqual({ content: "as found", status: "in-use" });
  expect(attachments.map(({ device }) => device)).toEqual(["/dev/vdb"]);
  expect(s.server("app").vmState).toBe("active");
  expect(s.snapshots()).toEqual([]);
}

describe("a disk that is put back after its image", () => {
  it("is saved while its server is off, prepared, uploaded, and then as it was", async () => {
    const s = await opened();
    preparesItself(s);
    let uploaded: string | undefined;
    let isSavedLive = false;
    s.always(() => {
      if (s.run()?.intent?.kind === "upload-image") uploaded ??= disk(s).content;
      if (s.run()?.intent?.kind === "save-disk")
        isSavedLive ||= s.server("app").vmState === "active";
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect({ uploaded, isSavedLive }).toEqual({ uploaded: "prepared", isSavedLive: false });
    expectAsFound(s);
    expect(
      [STOP, SNAPSHOT, START, DETACH, UPLOAD, REVERT, ATTACH].map((call) => s.sent(call)),
    ).toEqual([1, 1, 2, 1, 1, 1, 1]);
  });

  const CALLS = [
    ["save's stop", STOP, 1],
    ["snapshot", SNAPSHOT, 1],
    ["start to prepare", START, 1],
    ["detach", DETACH, 1],
    ["upload", UPLOAD, 1],
    ["revert", REVERT, 1],
    ["attach", ATTACH, 1],
    ["deletion of the snapshot", DELETE_SNAPSHOT, 1],
    ["last start", START, 2],
  ] as const;
  const KINDS = ["stop-before", "stop-after", "answer-lost"] as const;

  it.each(CALLS.flatMap((call) => KINDS.map((kind) => [kind, ...call] as const)))(
    "%s at the %s: nothing is lost",
    async (kind, _what, call, nth) => {
      const s = await opened({ faults: () => [{ call, nth, fault: { kind } }] });
      preparesItself(s);
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expectAsFound(s);
    },
  );

  it.each([
    ["before any call", "stop-before", /^(?:http|store|queue) /, 200],
    ["after any change", "stop-after", /^(?:http (?!GET)|store commit|queue )/, 90],
  ] as const)(
    "a worker that dies %s, whichever it is, loses nothing",
    async (_when, kind, call, calls) => {
      for (let nth = 1; nth <= calls; nth++) {
        const s = await opened({
          faults: (s) => [{ call, nth, while: () => s().run() !== undefined, fault: { kind } }],
        });
        preparesItself(s);
        s.start();
        expect(await s.finish(), `${nth} ${s.run()?.failure?.message}`).toEqual(["succeeded"]);
        expectAsFound(s);
      }
    },
    240_000,
  );

  it.each(CALLS)("a %s that comes three minutes late does no harm", async (_what, call, nth) => {
    const s = await opened({
      faults: () => [{ call, nth, fault: { kind: "late", seconds: 180 } }],
    });
    preparesItself(s);
    s.start();
    await s.finish();
    expectAsFound(s);
  });

  it.each([123, 126, 130])(
    "a worker that sleeps for %i s with the server's lock does not take the disk for one of an earlier run",
    async (seconds) => {
      const s = await opened({
        prepare: (cloud) => {
          addApp(cloud);
          cloud.settings.snapshotSeconds = 10;
        },
        faults: () => [
          { call: /commit S#\S+ lock v2/, nth: 1, fault: { kind: "pause-after", seconds } },
        ],
      });
      preparesItself(s);
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
      expectAsFound(s);
    },
  );

  it.each([
    ["while it is saved", (s: Scenario) => s.run()?.savedDisk?.notedAtMs === null],
    ["before its guest is asked", (s: Scenario) => s.run()?.savedDisk?.notedAtMs != null],
    ["while its guest prepares it", (s: Scenario) => disk(s).content === "half prepared"],
    ["when it is prepared", (s: Scenario) => disk(s).content === "prepared"],
    ["while it is detached", (s: Scenario) => disk(s).status === "detaching"],
    ["while it is uploaded", (s: Scenario) => s.isIn("check-status")],
    ["while it is reverted", (s: Scenario) => disk(s).status === "reverting"],
    ["while it is attached", (s: Scenario) => disk(s).status === "attaching"],
  ])("a cancel %s puts it back", async (_when, holds) => {
    const s = await opened();
    preparesItself(s);
    s.cancelWhen(() => holds(s));
    s.start();
    expect(await s.finish()).toEqual(["cancelled"]);
    expectAsFound(s);
    expect(s.images()).toEqual([]);
    expect(s.run()?.leftovers).toEqual([]);
  });

  it("a guest that never powers itself off is stopped, and its disk put back", async () => {
    const s = await opened();
    s.always(() => {
      if (isWaiting(s) && s.server("app").vmState === "active" && s.run()?.failure == null)
        disk(s).content = "half prepared";
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("shutoff-timeout");
    expectAsFound(s);
  });

  it("one that was found with its server off stays off, and is as it was", async () => {
    const s = await opened();
    s.server("app").vmState = "stopped";
    s.excuse("servers run as they were found");
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(disk(s)).toMatchObject({ content: "as found", status: "in-use" });
    expect(s.sent(START)).toBe(0);
  });

  it("a revert that fails is told, with what a person does; the server stays off", async () => {
    const s = await opened({
      prepare: (cloud) => {
        addApp(cloud);
        cloud.faults.add({ on: { operation: "volume.revert" }, effect: { kind: "revert-fails" } });
      },
    });
    for (const rule of ["servers run as they were found", "no snapshot is left that is not kept"])
      s.excuse(rule);
    preparesItself(s);
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure).toMatchObject({
      code: "disk-not-restored",
      message: "The disk is not as it was: volume app-data is error",
      remedy: expect.stringContaining("By hand, in this order: "),
    });
    expect(s.run()?.leftovers).toContainEqual(expect.stringContaining("By hand, in this order: "));
    expect(s.server("app").vmState).toBe("stopped");
  });

  it("a newer snapshot of somebody else is waited for, and told", async () => {
    const s = await opened();
    preparesItself(s);
    let isMade = false;
    s.always(() => {
      if (isMade || !s.isIn("check-status")) return;
      isMade = true;
      const theirs = addSnapshot(s.cloud.world, disk(s), "theirs", { fails: false });
      s.notOurs(theirs);
      s.after(30 * MINUTE, () => s.cloud.operator.deleteSnapshot(theirs.id));
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.message).toContain("goes back to the newest snapshot only");
    expectAsFound(s);
  });

  it("a snapshot of its own that comes very late is neither taken for the saved one, nor in the way for good", async () => {
    const s = await opened({
      bounds: BEYOND,
      faults: () => [{ call: SNAPSHOT, nth: 1, fault: { kind: "late", seconds: 300 } }],
    });
    preparesItself(s, 2 * MINUTE);
    s.start();
    await s.finish();
    expectAsFound(s);
  });

  it("a run of another recipe puts it back first, where an earlier run could not", async () => {
    const s = await opened({
      recipes: { image: "server: app, prepare: { stop_server: true }" },
    });
    preparesItself(s);
    const theirs: string[] = [];
    s.always(() => {
      if (theirs.length > 0 || !s.isIn("check-status")) return;
      const made = addSnapshot(s.cloud.world, disk(s), "theirs", { fails: false });
      theirs.push(s.notOurs(made).id);
    });
    s.start();
    await s.until(26 * 60 * MINUTE);
    expect(s.run()?.outcome).toBe("failed");
    expect(s.run()?.leftovers).toContainEqual(expect.stringContaining("By hand, in this order: "));
    s.cloud.operator.deleteSnapshot(theirs[0] ?? "");
    s.start("t2", 26 * 60 * MINUTE + MINUTE, "image");
    expect(await s.finish()).toEqual(["failed"]);
    expectAsFound(s);
    expect(s.run("image")?.outcome).toBe("succeeded");
  });
});

/** What each run has uploaded of the disk. */
function uploads(s: Scenario): string[] {
  const seen: string[] = [];
  const runs = new Set<string>();
  s.always(() => {
    const run = s.run();
    if (run?.intent?.kind !== "upload-image" || runs.has(run.id)) return;
    runs.add(run.id);
    seen.push(disk(s).content ?? "");
  });
  return seen;
}

describe("no image is made of a disk that is prepared half-way", () => {
  it.each([180, 300, 400])("if Regild's own stop comes %i seconds late", async (seconds) => {
    const s = await opened({
      bounds: BEYOND,
      faults: () => [{ call: STOP, nth: 1, fault: { kind: "late", seconds } }],
    });
    preparesItself(s, 6 * MINUTE);
    const uploaded = uploads(s);
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("shutoff-unsure");
    expect(uploaded).toEqual([]);
    expectAsFound(s);
  });

  it("if somebody detaches it meanwhile", async () => {
    const s = await opened();
    preparesItself(s, 5 * MINUTE);
    const uploaded = uploads(s);
    let isDetached = false;
    s.always(() => {
      if (isDetached || disk(s).content !== "half prepared") return;
      isDetached = true;
      s.after(30 * SECOND, () => {
        const app = s.server("app");
        app.volumes = app.volumes.filter(({ volumeId }) => volumeId !== disk(s).id);
        disk(s).attachments = [];
        disk(s).status = "available";
      });
    });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("volume-detached");
    expect(uploaded).toEqual([]);
    expectAsFound(s);
  });

  it("if a detach of the run before comes late", async () => {
    const s = await opened({
      bounds: BEYOND,
      faults: () => [{ call: DETACH, nth: 1, fault: { kind: "late", seconds: 700 } }],
    });
    const asked = new Set<string>();
    const uploaded = uploads(s);
    s.always(() => {
      const run = s.run();
      if (run === undefined || asked.has(run.id) || !isWaiting(s)) return;
      asked.add(run.id);
      disk(s).content = "half prepared";
      s.after(asked.size === 1 ? MINUTE : 8 * MINUTE, () => {
        const isAlive = s.run()?.failure === null && s.server("app").vmState === "active";
        if (!isAlive || disk(s).content !== "half prepared") return;
        disk(s).content = "prepared";
        s.cloud.operator.powerOffByGuest(s.server("app").id);
      });
    });
    s.start();
    s.start("t2", 8 * MINUTE);
    await s.finish();
    expect(new Set(uploaded)).toEqual(new Set(["prepared"]));
    expectAsFound(s);
  });
});

describe("what a person does by hand", () => {
  const deleteSnapshots = (s: Scenario, which: (name: string) => boolean) => {
    for (const { id, name } of s.cloud.world.snapshots.values())
      if (which(name)) s.cloud.operator.deleteSnapshot(id);
  };

  /** What Regild cannot do for the moment. */
  const failing = async (times?: number) => {
    const s = await opened({
      prepare: (cloud) => {
        addApp(cloud);
        const on = {
          operation: "volume.revert" as const,
          ...(times === undefined ? {} : { times }),
        };
        cloud.faults.add({ on, effect: { kind: "revert-fails" } });
      },
    });
    for (const rule of ["servers run as they were found", "no snapshot is left that is not kept"])
      s.excuse(rule);
    preparesItself(s);
    s.start();
    await s.until(8 * HOUR);
    expect(s.run()?.outcome).toBe("failed");
    return s;
  };

  it("the status of a volume whose revert failed is reset: it is reverted once more", async () => {
    const s = await failing(1);
    deleteSnapshots(s, (name) => name.startsWith("[revert]"));
    disk(s).status = "available";
    await s.finish();
    expectAsFound(s);
    expect(s.sent(REVERT)).toBe(2);
  });

  it("in the order of the report: what the server writes afterwards stays", async () => {
    const s = await failing();
    const [left = ""] = s.run()?.leftovers ?? [];
    const [, commands = ""] = left.split("in this order: ");
    expect(commands.split(", ").map((command) => command.split(" ").slice(0, 4).join(" "))).toEqual(
      [
        "openstack server remove volume",
        "cinder --os-volume-api-version 3.40 revert-to-snapshot",
        "openstack volume snapshot delete",
        "openstack server add volume",
      ],
    );
    disk(s).content = "as found";
    disk(s).status = "available";
    deleteSnapshots(s, () => true);
    await s.until(9 * HOUR);
    expect(disk(s).status).toBe("in-use");
    disk(s).content = "as found, and what customers have written since";
    s.excuse("the source's disks are as they were");
    await s.finish();
    expect(disk(s).content).toBe("as found, and what customers have written since");
    expect(s.server("app").vmState).toBe("active");
  });
});

describe("a detach without an answer is watched for", () => {
  it("but not for a volume that was deleted meanwhile: a run of another recipe goes on", async () => {
    const s = await opened({
      bounds: BEYOND,
      recipes: { image: "server: app, prepare: { stop_server: true }, deadline: 30m" },
      faults: () => [{ call: DETACH, nth: 1, fault: { kind: "answer-lost" } }],
    });
    preparesItself(s);
    s.start();
    let isDeleted = false;
    s.always(() => {
      if (isDeleted || s.run()?.outcome !== "succeeded") return;
      isDeleted = true;
      s.after(2 * SECOND, () => s.cloud.world.volumes.delete(s.notOurs(disk(s)).id));
    });
    s.start("t2", 20 * MINUTE, "image");
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.run("image")?.outcome).toBe("succeeded");
  });
});

describe("a disk that cannot be put back is refused before anything is touched", () => {
  const refused = async (prepare: (cloud: SimulatedCloud) => void) => {
    const s = await scenario({ recipe: RECIPE, prepare });
    s.start();
    expect(await s.finish()).toEqual(["failed"]);
    expect(s.run()?.failure?.code).toBe("restore-not-possible");
    expect([STOP, SNAPSHOT, DETACH].map((call) => s.sent(call))).toEqual([0, 0, 0]);
    return s.run()?.failure?.message;
  };

  it("the volume that its server boots from", async () => {
    const message = await refused((cloud) => {
      const { operator } = cloud;
      const image = base(cloud);
      operator.addServer({
        name: "app",
        volumes: [operator.addVolume({ name: "app-data", image })],
      });
    });
    expect(message).toContain("app boots from it, and Nova detaches no root volume");
  });

  it("one that two servers have", async () => {
    const message = await refused((cloud) => {
      addApp(cloud);
      const volumes = [...cloud.world.volumes.values()].filter(({ name }) => name === "app-data");
      const image = base(cloud);
      cloud.operator.addServer({ name: "other", image, volumes });
    });
    expect(message).toContain("several servers have it");
  });

  it("one that no server has", async () => {
    const message = await refused(({ operator }) => void operator.addVolume({ name: "app-data" }));
    expect(message).toContain("no server has it");
  });

  it("on a cloud whose Cinder has no revert", async () => {
    const message = await refused((cloud) => {
      addApp(cloud);
      cloud.settings.volumeMinor = 39;
    });
    expect(message).toContain("older than microversion 3.40");
  });
});
