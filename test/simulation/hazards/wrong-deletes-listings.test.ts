import { describe, expect, it } from "vitest";
import type { Image } from "../../../local/simulated-cloud/resources.ts";
import { HOUR, MINUTE, type Scenario, scenario, SECOND } from "./scenario.ts";

const DB = "server: db, keep: 1, cooling_off: 0s";
const IMAGES = /GET \/image\/az1\/v2\/images$/;

describe("8: not to be found is not to be gone", () => {
  it.each(["check-status", "validate-sync", "promote-image", "retire-images"] as const)(
    "an image that one Glance of several does not know for 20 s in %s is not given up",
    async (step) => {
      const lag: { sinceMs?: number } = {};
      const s = await scenario({
        transientFailures: (s) => {
          if (s.isIn(step)) lag.sinceMs ??= s.simulation.nowMs;
          const { nowMs } = s.simulation;
          return { isLagging: lag.sinceMs !== undefined && nowMs < lag.sinceMs + 20 * SECOND };
        },
      });
      s.start();
      s.start("t2", HOUR);
      expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
      expect(lag.sinceMs).toBeDefined();
      expect(s.made()).toBe(2);
      expect(s.images()).toEqual([s.recipeState().current]);
    },
  );

  it("an image marked for deletion that one Glance of several does not know is deleted all the same", async () => {
    const lag: { sinceMs?: number } = {};
    const s = await scenario({
      transientFailures: (s) => {
        if (s.isIn("abandon")) lag.sinceMs ??= s.simulation.nowMs;
        const { nowMs } = s.simulation;
        return { isLagging: lag.sinceMs !== undefined && nowMs < lag.sinceMs + 20 * SECOND };
      },
    });
    s.start();
    s.cancelWhen((run) => run.step === "check-status");
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(s.images()).toEqual([]);
  });

  it("an image that somebody hides while it is uploaded is missing in lists, and is found by its id", async () => {
    const names = ["web", "w2", "w3", "w4"];
    const others = names.slice(1).map((name) => [name, `server: ${name}`] as const);
    const s = await scenario({
      recipe: "server: web",
      recipes: Object.fromEntries(others),
      prepare: (cloud) => {
        cloud.settings.uploadSeconds = () => 900;
        const image = cloud.operator.addImage({ name: "base" });
        for (const [name] of others) cloud.operator.addServer({ name, image });
      },
    });
    const hidden = new Set<string>();
    s.always(() => {
      for (const image of s.cloud.world.firstZone.images.values()) {
        if (image.status !== "saving" || hidden.has(image.id) || hidden.size === 2) continue;
        image.hidden = true;
        hidden.add(s.notOurs(image).id);
      }
    });
    // Looks fall together once their messages are late.
    for (const minute of [3, 6, 9, 12])
      s.at((minute - 1) * MINUTE, () => s.delayMessages("check-status", minute * MINUTE));
    for (const name of names) s.start("t1", 0, name);
    await s.until(14 * MINUTE);
    expect(s.sent(IMAGES)).toBeGreaterThan(0);
    await s.finish();
    expect(names.map((name) => s.run(name)?.outcome)).toEqual(names.map(() => "succeeded"));
    expect(s.made()).toBe(4);
    for (const name of names)
      expect(s.run(name)?.timeline.map((event) => event.text)).not.toContain("not found");
  });
});

/** An image of somebody else's that lives in a snapshot of ours. */
function registerByHand(s: Scenario, snapshotId: string, is: Partial<Image> & { zone?: string }) {
  const mapping = [{ source_type: "snapshot", snapshot_id: snapshotId, boot_index: 0 }];
  const properties = { block_device_mapping: JSON.stringify(mapping) };
  const { members, ...fields } = is;
  const image = s.notOurs(
    s.cloud.operator.addImage({ name: "theirs", sizeBytes: 0, properties, ...fields }),
  );
  if (members !== undefined) image.members = members;
  return image;
}

/** `db` was refreshed once; its first snapshot. */
async function refreshedOnce(options: Parameters<typeof scenario>[0] = {}) {
  const s = await scenario({ recipe: DB, ...options });
  s.start();
  await s.until(HOUR);
  const snapshot = [...s.cloud.world.snapshots.values()][0];
  if (snapshot === undefined) throw new Error("db has no snapshot");
  return { s, snapshot };
}

describe("9: no snapshot is deleted that any image names", () => {
  it.each([
    ["private", () => ({ visibility: "private" })],
    ["hidden", () => ({ hidden: true })],
    ["deactivated", () => ({ status: "deactivated" })],
    ["of another zone", () => ({ zone: "az2" })],
    [
      "another project's, for the community",
      (s: Scenario) => ({
        visibility: "community",
        projectId: s.cloud.operator.addProject("others", "others-secret").project.id,
      }),
    ],
    [
      "another project's, offered and not accepted",
      (s: Scenario) => ({
        visibility: "shared",
        projectId: s.cloud.operator.addProject("others", "others-secret").project.id,
        members: new Map([
          [s.cloud.demo.project.id, { status: "pending", createdAtMs: 0, updatedAtMs: 0 }],
        ]),
      }),
    ],
    ["on the last page", () => ({ createdAtMs: 0 })],
  ])("when that image is %s, it stays until the image is gone", async (_what, fields) => {
    const { s, snapshot } = await refreshedOnce({
      prepare: ({ settings }) => {
        settings.maxPage = 2;
      },
    });
    const { createdAtMs, ...is }: Partial<Image> & { zone?: string } = fields(s);
    const theirs = registerByHand(s, snapshot.id, is);
    if (createdAtMs !== undefined) theirs.createdAtMs = createdAtMs;
    s.start("t2", HOUR);
    await s.until(8 * HOUR);
    expect(s.run()?.outcome).toBe("succeeded");
    expect(s.cloud.world.snapshots.has(snapshot.id)).toBe(true);
    expect(s.snapshots()).toHaveLength(3);
    s.cloud.operator.deleteImage(theirs.id, is.zone);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.snapshots()).toHaveLength(2);
  });

  it("when one Glance of several does not know that image, while its list shows it", async () => {
    const lag = { calls: 0 };
    const { s, snapshot } = await refreshedOnce({
      transientFailures: (s) => {
        const isLagging = s.isIn("clean-up-snapshots") && s.run()?.trigger.id === "t2";
        if (isLagging) lag.calls++;
        return { isLagging };
      },
    });
    const theirs = registerByHand(s, snapshot.id, { hidden: true });
    s.start("t2", HOUR);
    await s.until(8 * HOUR);
    expect(lag.calls).toBeGreaterThan(0);
    expect(s.cloud.world.snapshots.has(snapshot.id)).toBe(true);
    s.cloud.operator.deleteImage(theirs.id);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.snapshots()).toHaveLength(2);
  });

  it("nothing is deleted while one page of the images is missing", async () => {
    const isCut = (s: Scenario) => s.simulation.nowMs < s.begin + 6 * HOUR;
    const { s, snapshot } = await refreshedOnce({
      always: (call, s) =>
        IMAGES.test(call) && s.run()?.trigger.id === "t2" && isCut(s) && s.sent(IMAGES) % 2 === 0
          ? { kind: "status", status: 503 }
          : undefined,
    });
    const theirs = registerByHand(s, snapshot.id, { hidden: true });
    s.start("t2", HOUR);
    await s.until(6 * HOUR);
    expect(s.sent(IMAGES)).toBeGreaterThan(4);
    expect(s.snapshots()).toHaveLength(4);
    s.cloud.operator.deleteImage(theirs.id);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.snapshots()).toHaveLength(2);
  });

  it("an image registered while the clean-up looks is seen: snapshots are looked at first, then images", async () => {
    const seen: { theirs?: Image } = {};
    const { s, snapshot } = await refreshedOnce({
      moments: (s) => [
        {
          call: /GET \/volume\S+\/snapshots\/[0-9a-f-]{36}$/,
          nth: 2,
          while: () => s().isIn("clean-up-snapshots") && s().run()?.trigger.id === "t2",
          happens: () => {
            seen.theirs = registerByHand(s(), snapshot.id, { hidden: true });
          },
        },
      ],
    });
    s.start("t2", HOUR);
    await s.until(3 * HOUR);
    expect(seen.theirs).toBeDefined();
    expect(s.cloud.world.snapshots.has(snapshot.id)).toBe(true);
    s.cloud.operator.deleteImage(seen.theirs?.id ?? "");
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.snapshots()).toHaveLength(2);
  });

  it("an image registered within the hour after the whole list was read is seen among what has changed", async () => {
    const { s } = await refreshedOnce({
      prepare: ({ settings }) => {
        settings.maxPage = 2;
      },
    });
    s.at(HOUR, () => s.notOurs(s.cloud.operator.addImage({ name: "somebody else's" })));
    s.start("t2", HOUR);
    await s.until(HOUR + 20 * MINUTE);
    const [current] = [...s.cloud.world.snapshots.values()].slice(-1);
    if (current === undefined) throw new Error("db has no snapshot");
    const theirs = registerByHand(s, current.id, { hidden: true });
    s.start("t3", HOUR + 25 * MINUTE);
    await s.until(HOUR + 50 * MINUTE);
    expect(s.runs().at(-1)?.outcome).toBe("succeeded");
    expect(s.cloud.world.snapshots.has(current.id)).toBe(true);
    s.cloud.operator.deleteImage(theirs.id);
    expect(await s.finish()).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(s.cloud.world.snapshots.has(current.id)).toBe(false);
  });
});
