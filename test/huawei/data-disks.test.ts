import { describe, expect, it } from "vitest";
import { askForChange } from "../../shared/commands/change-current.ts";
import type { Run } from "../../shared/run/record.ts";
import { HOUR, MINUTE } from "../unit/builders.ts";
import { expectStoppedMeanwhile } from "./stopped-meanwhile.ts";
import { DataDisks } from "./data-disks.ts";

const DAY = 24 * HOUR;
const JOB = { recordAfter: 3, seconds: 300, fails: null };

const idsOf = ({ candidate, diskImages }: Run): string[] => [
  candidate?.id ?? "",
  ...diskImages.map(({ id }) => id),
];

describe("capture: data_disks", () => {
  it("has IMS make an image of each data disk in one job, and makes them current together", async () => {
    const on = new DataDisks();
    const run = await on.refresh();
    expect(run.failure).toBeNull();
    const [data = "", log = ""] = on.diskIds;
    const base = run.candidate?.creationName.replace(/-vdb$/, "") ?? "";
    expect(on.cloud.asked).toEqual([
      {
        data_images: [
          { name: `${base}-vdb`, volume_id: data },
          { name: `${base}-vdc`, volume_id: log },
        ],
      },
    ]);
    expect(run.source?.lockIds).toEqual([on.serverId, ...on.diskIds].toSorted());
    const [first = "", second = ""] = idsOf(run);
    expect([on.image(first).name, on.image(second).name]).toEqual([`${base}-vdb`, `${base}-vdc`]);
    expect(on.shown).toEqual({ [first]: ["vdb", "vdc"] });
    const state = await on.recipeState();
    expect(state.images).toMatchObject([{ id: first, device: "vdb", state: "current" }]);
    expect(state.resources).toMatchObject([
      { kind: "image", id: second, imageId: first, state: "kept", disk: { device: "vdc" } },
    ]);
  });

  it("says of both images in one statement what has made them", async () => {
    const on = new DataDisks();
    const ids = idsOf(await on.refresh());
    const digests = ids.map((id) => on.image(id).properties["regild_provenance"]);
    expect(new Set(digests).size).toBe(1);
    expect(digests[0]).toMatch(/^sha256:/);
    for (const id of ids) expect(on.image(id).properties["regild_owner"]).toContain(`/${id}`);
  });

  it("stops the server first, and starts it when both images are there", async () => {
    const on = new DataDisks();
    const run = await on.refresh(on.stopping());
    expect(run.outcome).toBe("succeeded");
    expectStoppedMeanwhile(on);
  });

  it("refuses the disks of a server that runs, unless the recipe allows it", async () => {
    const on = new DataDisks();
    const { prepare } = on.recipe();
    const { failure } = await on.refresh(on.recipe({ prepare: { ...prepare, allowLive: false } }));
    expect(failure).toMatchObject({
      code: "volume-live",
      message: expect.stringContaining("The data disks are attached to web (ACTIVE)"),
      remedy: expect.stringContaining("stop_server"),
    });
    expect(on.cloud.asked).toEqual([]);
  });

  it("makes one image of a server with one data disk", async () => {
    const on = new DataDisks();
    on.cloud.disks.delete(on.diskIds[1] ?? "");
    const run = await on.refresh();
    expect(run.diskImages).toEqual([]);
    expect(on.shown).toEqual({ [run.candidate?.id ?? ""]: ["vdb"] });
  });
});

describe("before anything is stopped, a run fails", () => {
  const posts = (on: DataDisks) =>
    on.cloud.requests.filter((r) => r.startsWith("POST") && r.includes("/action"));

  it.each<[string, (on: DataDisks) => void, string, string]>([
    ["has no data disk", (on) => on.removeDisks(), "no-data-disks", "has no data disk"],
    [
      "has a disk of another server as well",
      (on) => void on.cloud.addDisk("shared", on.serverId, { device: "/dev/vdd", alsoOf: "other" }),
      "data-disk-unfit",
      "volume shared is attached to another server as well",
    ],
    [
      "has a disk without a device",
      (on) => void on.cloud.addDisk("odd", on.serverId, { device: null }),
      "data-disk-unfit",
      "does not tell the device of volume odd",
    ],
    [
      "has two disks at one device",
      (on) => void on.cloud.addDisk("odd", on.serverId, { device: "/dev/vdb" }),
      "data-disk-unfit",
      "several volumes have the device vdb",
    ],
    [
      "has a disk that IMS does not take",
      (on) => void on.cloud.addDisk("big", on.serverId, { device: "/dev/vdd", sizeGib: 1025 }),
      "data-disk-unfit",
      "volume big has 1025 GiB, and IMS takes data disks of 1024 at most",
    ],
    [
      "does not tell which disk it boots from",
      (on) => void on.cloud.addDisk("boot", on.serverId, { device: "/dev/sda", bootable: true }),
      "data-disk-unfit",
      "cannot be told",
    ],
  ])("of a server that %s", async (_, prepare, code, why) => {
    const on = new DataDisks();
    prepare(on);
    const { failure } = await on.refresh(on.stopping());
    expect(failure).toMatchObject({ code, message: expect.stringContaining(why) });
    expect(posts(on)).toEqual([]);
  });

  it("if the quota has no room for all of its images", async () => {
    const on = new DataDisks();
    on.cloud.quota = 1;
    const { failure } = await on.refresh(on.stopping());
    expect(failure).toMatchObject({
      code: "quota-exceeded",
      message: expect.stringContaining("images: 0 of 1 used, a run needs 2 more"),
    });
    expect(posts(on)).toEqual([]);
  });

  it("if a name gets too long with the disk's device", async () => {
    const on = new DataDisks();
    const image = { ...on.recipe().image, name: `${"x".repeat(119)}-\${{ short_id }}` };
    const { failure } = await on.refresh(on.recipe({ image }));
    expect(failure).toMatchObject({ code: "bad-image-name" });
    expect(failure?.message).toContain("is 130 characters long");
  });
});

describe("a create without an answer", () => {
  it.each([
    ["its images are there", 3],
    ["its images come later", 600],
  ])("makes one set: %s", async (_, recordAfter) => {
    const on = new DataDisks();
    on.cloud.plans = [{ recordAfter, seconds: 60, fails: null }];
    on.cloud.lostAnswers = 1;
    const run = await on.refresh();
    expect(run.outcome).toBe("succeeded");
    expect(new Set(on.cloud.asked.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(on.imageNames()).toHaveLength(2);
    expect(on.shown).toEqual({ [run.candidate?.id ?? ""]: ["vdb", "vdc"] });
  });
});

describe("a job that has failed for one disk", () => {
  const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage: false };

  it.each([
    [0, {}],
    [1, {}],
    [1, { leavesImage: true }],
    [0, { onlyInPart: true }],
  ])("leaves nothing: disk %i %o", async (ofDisk, is) => {
    const on = new DataDisks();
    on.cloud.plans = [{ ...JOB, seconds: 60, fails: { ...fails, ofDisk, ...is } }];
    const { outcome, failure } = await on.refresh();
    expect(outcome).toBe("failed");
    expect(failure).toMatchObject({
      code: "image-job-failed",
      message: expect.stringContaining("An exception occurred (IMG.0014)"),
    });
    await on.idle(3 * DAY);
    expect(on.imageNames()).toEqual([]);
    expect((await on.recipeState()).lateAttempts).toEqual([]);
  });

  it("keeps the set before it current", async () => {
    const on = new DataDisks();
    const before = await on.refresh(on.recipe({ keep: 1 }));
    on.cloud.plans = [{ ...JOB, seconds: 60, fails: { ...fails, ofDisk: 1 } }];
    await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(DAY);
    expect(on.shown).toEqual({ [before.candidate?.id ?? ""]: ["vdb", "vdc"] });
    expect(on.imageNames()).toHaveLength(2);
  });
});

describe("an image of the set that is lost before the promotion", () => {
  it.each<[string, (on: DataDisks, id: string) => void]>([
    ["deleted", (on, id) => on.cloud.images.delete(id)],
    ["deactivated", (on, id) => Object.assign(on.image(id), { status: "deactivated" })],
  ])("keeps the others from becoming current, and they go: %s", async (_, lose) => {
    const on = new DataDisks();
    const id = await on.begin();
    const half = await on.follow(id, ({ step }) => step === "check-status");
    lose(on, idsOf(half)[1] ?? "");
    const run = await on.follow(id);
    expect(run.failure).toMatchObject({ code: "image-vanished" });
    await on.idle(DAY);
    expect(on.imageNames()).toEqual([]);
  });

  it("has the whole set made anew if the cloud says that it is not synchronised", async () => {
    const on = new DataDisks();
    const id = await on.begin();
    const half = await on.follow(id, ({ step }) => step === "check-status");
    on.image(idsOf(half)[1] ?? "").properties["sync_status_reason"] = "ERROR";
    const run = await on.follow(id);
    expect([run.outcome, run.attempt]).toEqual(["succeeded", 2]);
    expect(on.shown).toEqual({ [run.candidate?.id ?? ""]: ["vdb", "vdc"] });
    expect([...on.cloud.images.keys()].toSorted()).toEqual(idsOf(run).toSorted());
  });
});

describe("a run that is cancelled", () => {
  it.each([
    ["before the records are there", 600],
    ["when they are", 1],
  ])("leaves no image while its job runs: %s", async (_, recordAfter) => {
    const on = new DataDisks();
    on.cloud.plans = [{ recordAfter, seconds: 600, fails: null }];
    const id = await on.begin();
    await on.follow(id, ({ job }) => job !== null);
    on.cloud.nowMs += 30_000;
    await on.cancel(id);
    expect((await on.follow(id)).outcome).toBe("cancelled");
    await on.idle(DAY);
    expect(on.imageNames()).toEqual([]);
  });

  it("leaves no image once they are in the inventory", async () => {
    const on = new DataDisks();
    const id = await on.begin();
    await on.follow(id, ({ step }) => step === "check-status");
    await on.cancel(id);
    expect((await on.follow(id)).outcome).toBe("cancelled");
    await on.idle(DAY);
    expect(on.imageNames()).toEqual([]);
    const { images, resources } = await on.recipeState();
    expect([images.map(({ state }) => state), resources]).toEqual([["gone"], []]);
  });
});

describe("a set that retention deletes", () => {
  const one = (on: DataDisks) => on.recipe({ keep: 1 });

  it("goes whole", async () => {
    const on = new DataDisks();
    await on.refresh(one(on));
    const second = await on.refresh(one(on));
    await on.idle(3 * HOUR);
    expect([...on.cloud.images.keys()].toSorted()).toEqual(idsOf(second).toSorted());
    expect((await on.recipeState()).resources).toHaveLength(1);
  });

  it("stays whole while a volume is made of one of its images", async () => {
    const on = new DataDisks();
    const first = await on.refresh(one(on));
    const [, log = ""] = idsOf(first);
    const volume = on.cloud.addDisk("restored", on.cloud.addServer("other"), { imageId: log });
    await on.refresh(one(on));
    await on.idle(3 * HOUR);
    expect(on.imageNames()).toHaveLength(4);
    const kept = (await on.recipeState()).images.find(({ id }) => id === first.candidate?.id);
    expect(kept).toMatchObject({ state: "retired", kept: { why: "in use by volume restored" } });
    on.cloud.disks.delete(volume);
    await on.idle(3 * HOUR);
    expect(on.imageNames()).toHaveLength(2);
  });

  it("stays whole while somebody protects one of its images", async () => {
    const on = new DataDisks();
    const first = await on.refresh(one(on));
    const [, log = ""] = idsOf(first);
    on.image(log).protected = true;
    await on.refresh(one(on));
    await on.idle(3 * HOUR);
    expect(on.imageNames()).toHaveLength(4);
    const kept = (await on.recipeState()).images.find(({ id }) => id === first.candidate?.id);
    expect(kept?.kept?.why).toBe(`of disk vdc, image ${log}: protected by somebody`);
    on.image(log).protected = false;
    await on.idle(3 * HOUR);
    expect(on.imageNames()).toHaveLength(2);
  });

  it("is not called gone while one of its images is left", async () => {
    const on = new DataDisks();
    const first = await on.refresh(one(on));
    const [, log = ""] = idsOf(first);
    const id = await on.begin(one(on));
    // Somebody protects it between the decision and the delete.
    await on.follow(id, ({ step }) => step === "clean-up-snapshots");
    on.image(log).protected = true;
    await on.follow(id);
    await on.idle(30 * MINUTE);
    const left = (await on.recipeState()).resources.find((one) => one.id === log);
    expect(left).toMatchObject({ state: "deleting", why: "protected by somebody" });
    on.image(log).protected = false;
    await on.idle(3 * HOUR);
    expect(on.imageNames()).toHaveLength(2);
  });

  it("is deleted once if the answer of each delete gets lost", async () => {
    const on = new DataDisks();
    await on.refresh(one(on));
    on.cloud.lostDeletes = 2;
    await on.refresh(one(on));
    await on.idle(3 * HOUR);
    expect(on.imageNames()).toHaveLength(2);
    expect((await on.recipeState()).resources).toHaveLength(1);
  });

  it("goes if somebody has deleted one of its images, and does not count as one that is kept", async () => {
    const on = new DataDisks();
    await on.refresh();
    const second = await on.refresh();
    await on.refresh();
    on.cloud.images.delete(idsOf(second)[1] ?? "");
    await on.refresh(on.recipe({ keep: 2 }));
    await on.idle(DAY);
    // The third and the fourth set, whole: the second one cannot stand in for the third.
    expect(on.imageNames()).toHaveLength(4);
  });
});

describe("the current set", () => {
  const ask = async (
    on: DataDisks,
    is: { kind: "rollback" | "revoke"; imageId: string | null },
  ) => {
    const { current: from } = await on.recipeState();
    const answer = await askForChange(on.deps, "web", { ...is, from, by: "anna", reason: null });
    expect(answer).toHaveProperty("id");
    await on.idle(HOUR);
    return (await on.recipeState()).pointerChanges.at(-1);
  };

  it("is followed and left whole by a rollback", async () => {
    const on = new DataDisks();
    const first = await on.refresh();
    const second = await on.refresh();
    expect(on.shown).toEqual({ [second.candidate?.id ?? ""]: ["vdb", "vdc"] });
    const change = await ask(on, { kind: "rollback", imageId: null });
    expect(change).toMatchObject({ kind: "rolled-back", to: first.candidate?.id });
    expect(on.shown).toEqual({ [first.candidate?.id ?? ""]: ["vdb", "vdc"] });
    for (const id of idsOf(second)) expect(on.image(id).tags).toContain("regild-retired");
  });

  it("is not one that has lost an image: a rollback passes it over", async () => {
    const on = new DataDisks();
    const first = await on.refresh();
    const second = await on.refresh();
    const third = await on.refresh();
    const [, log = ""] = idsOf(second);
    on.cloud.images.delete(log);
    const change = await ask(on, { kind: "rollback", imageId: null });
    expect(change).toMatchObject({
      kind: "rolled-back",
      to: first.candidate?.id,
      note: expect.stringContaining(`disk vdc (image ${log}): not there`),
    });
    expect(third.candidate?.id).not.toBe(change?.to);
    expect(on.shown).toEqual({ [first.candidate?.id ?? ""]: ["vdb", "vdc"] });
  });

  it("is left for the one before if it loses an image", async () => {
    const on = new DataDisks();
    const first = await on.refresh();
    const second = await on.refresh();
    on.cloud.images.delete(idsOf(second)[1] ?? "");
    await on.idle(8 * HOUR);
    const change = (await on.recipeState()).pointerChanges.findLast(
      ({ kind }) => kind === "rolled-back",
    );
    expect(change).toMatchObject({
      to: first.candidate?.id,
      reason: expect.stringContaining("set-broken: disk vdc"),
    });
  });

  it("goes whole if it is revoked", async () => {
    const on = new DataDisks();
    const first = await on.refresh();
    const second = await on.refresh();
    await ask(on, { kind: "revoke", imageId: first.candidate?.id ?? "" });
    await on.idle(DAY);
    expect([...on.cloud.images.keys()].toSorted()).toEqual(idsOf(second).toSorted());
  });

  it("waits for approval whole", async () => {
    const on = new DataDisks();
    await on.refresh();
    const id = await on.begin(on.recipe({ promote: "approve" }));
    const run = await on.follow(id, ({ approval }) => approval !== null);
    for (const image of idsOf(run)) {
      expect(on.image(image).tags).toEqual(["regild-candidate"]);
      expect(on.image(image).properties["os_hidden"]).toBe("true");
    }
  });
});
