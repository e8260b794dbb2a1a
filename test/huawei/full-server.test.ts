import { describe, expect, it } from "vitest";
import { HOUR, MINUTE } from "../unit/builders.ts";
import type { DocumentedVault } from "./cbr-server.ts";
import { FullServer } from "./full-server.ts";

const DAY = 24 * HOUR;
const JOB = { recordAfter: 3, seconds: 300, fails: null };

const creates = (on: FullServer) => on.cloud.asked.length;

describe("capture: full_server", () => {
  it("has IMS make the image in the vault, and makes it current", async () => {
    const on = new FullServer();
    const run = await on.refresh();
    expect(run.failure).toBeNull();
    expect(on.cloud.asked).toEqual([
      { name: run.candidate?.creationName, instance_id: on.serverId, vault_id: on.vaultId },
    ]);
    const [image] = on.cloud.images.values();
    expect(image?.id).toBe(run.candidate?.id);
    expect(image?.tags).toContain("regild-current-web");
    const { resources } = await on.recipeState();
    expect(resources).toMatchObject([
      { kind: "backup", id: on.backups[0], imageId: image?.id, state: "kept" },
    ]);
  });

  it("starts the server again once its backup is complete, not before", async () => {
    const on = new FullServer();
    on.cloud.plans = [{ ...JOB, backupSeconds: 900 }];
    const id = await on.begin(on.stopping());
    await on.follow(id, ({ step }) => step === "check-status");
    on.cloud.nowMs += 5 * MINUTE;
    const waiting = await on.follow(
      id,
      ({ timeline }) => timeline.at(-1)?.text === "backup protecting",
    );
    expect(waiting.outcome).toBeNull();
    expect(on.cloud.servers.get(on.serverId)?.status).toBe("SHUTOFF");
    const run = await on.follow(id);
    expect(run.outcome).toBe("succeeded");
    expect(on.cloud.servers.get(on.serverId)?.status).toBe("ACTIVE");
    const seconds = ((run.candidate?.activeAtMs ?? 0) - (run.candidate?.askedAtMs ?? 0)) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(1200);
  });

  it("finds a backup that the image does not name by the images that CBR names", async () => {
    const on = new FullServer();
    on.cloud.namesBackups = false;
    const other = on.cloud.addServer("other");
    for (const serverId of [on.serverId, on.serverId, other, on.serverId])
      on.cloud.cbr.addBackup({ vaultId: on.vaultId, serverId });
    const run = await on.refresh();
    expect(run.outcome).toBe("succeeded");
    const { resources } = await on.recipeState();
    expect(on.cloud.cbr.backups.get(resources[0]?.id ?? "")?.imageIds).toEqual([run.candidate?.id]);
  });

  it("takes no backup that the image has inherited the name of", async () => {
    const on = new FullServer();
    on.cloud.cbr.tellsImages = false;
    const id = await on.begin();
    await on.follow(id, ({ job }) => job !== null);
    on.cloud.nowMs += 10_000;
    on.cloud.settle();
    const [image] = on.cloud.images.values();
    const serverId = on.cloud.addServer("other");
    const others = on.cloud.cbr.addBackup({ vaultId: on.vaultId, serverId });
    if (image !== undefined) image.properties["__backup_id"] = others;
    const { failure } = await on.follow(id);
    expect(failure).toMatchObject({ code: "backup-failed" });
    await on.idle(DAY);
    expect(on.imageNames()).toEqual([]);
    expect(on.backups).toContain(others);
    expect(on.deletes.filter((request) => request.includes(others))).toEqual([]);
  });
});

describe("a backup that an image names, and that is not its own", () => {
  const DAY_AGO = 24 * HOUR;

  it.each<[string, (on: FullServer) => Parameters<typeof on.cloud.cbr.addBackup>[0]]>([
    ["of another server", (on) => ({ vaultId: on.vaultId, serverId: on.cloud.addServer("other") })],
    ["in another vault", (on) => ({ vaultId: on.cloud.cbr.addVault(), serverId: on.serverId })],
    [
      "of another image",
      (on) => ({ vaultId: on.vaultId, serverId: on.serverId, imageIds: ["theirs"] }),
    ],
    [
      "older than the run",
      (on) => ({
        vaultId: on.vaultId,
        serverId: on.serverId,
        createdAtMs: on.cloud.nowMs - DAY_AGO,
      }),
    ],
  ])("is never deleted: %s", async (_, of) => {
    const on = new FullServer();
    const theirs = on.cloud.cbr.addBackup(of(on));
    const id = await on.begin();
    await on.follow(id, ({ job }) => job !== null);
    on.cloud.nowMs += 10_000;
    on.cloud.settle();
    const [image] = on.cloud.images.values();
    if (image !== undefined) image.properties["__backup_id"] = theirs;
    // CBR names the image in the record of its own backup, so the run finds that one.
    expect((await on.follow(id)).outcome).toBe("succeeded");
    await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(3 * HOUR);
    expect(on.backups).toContain(theirs);
    expect(on.backups).toHaveLength(2);
  });
});

describe("what a full-server image leaves in the vault", () => {
  it("goes with the image that retention deletes", async () => {
    const on = new FullServer();
    await on.refresh(on.recipe({ keep: 1 }));
    const [first = ""] = on.backups;
    const second = await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(3 * HOUR);
    expect(on.imageNames()).toEqual([second.candidate?.creationName]);
    expect(on.backups).toHaveLength(1);
    expect(on.backups).not.toContain(first);
    // IMS was asked once, with delete_backup, and CBR was seen to have nothing left.
    expect(on.deletes.filter((request) => request.includes("/backups/"))).toEqual([]);
    expect(on.cloud.requests).toContain(
      `GET /v3/089b2f9a3d80d3062f24c00ca4ed5cbd/backups/${first}`,
    );
    expect((await on.recipeState()).resources).toHaveLength(1);
  });

  it("is asked for of CBR if IMS leaves it there", async () => {
    const on = new FullServer();
    on.cloud.deletesBackups = false;
    await on.refresh(on.recipe({ keep: 1 }));
    const [first = ""] = on.backups;
    await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(3 * HOUR);
    expect(on.backups).toHaveLength(1);
    expect(on.deletes.filter((request) => request.endsWith(`/backups/${first}`))).toHaveLength(1);
  });

  it("is still there, and said to be, while CBR does not delete it", async () => {
    const on = new FullServer();
    on.cloud.deletesBackups = false;
    on.cloud.cbr.deletes = false;
    await on.refresh(on.recipe({ keep: 1 }));
    const [first = ""] = on.backups;
    await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(3 * HOUR);
    const { resources } = await on.recipeState();
    expect(resources.find(({ id }) => id === first)).toMatchObject({
      state: "deleting",
      askedAtMs: expect.any(Number),
    });
    on.cloud.cbr.deletes = true;
    await on.idle(3 * HOUR);
    expect(on.backups).not.toContain(first);
    expect((await on.recipeState()).resources).toHaveLength(1);
  });

  it("stays as long as CBR refuses to delete it, and the reason is CBR's", async () => {
    const on = new FullServer();
    on.cloud.deletesBackups = false;
    const message = "Automatic backups in locked vaults cannot be manually deleted.";
    on.cloud.cbr.refusal = ["BackupService.6220", message];
    await on.refresh(on.recipe({ keep: 1 }));
    const [first = ""] = on.backups;
    await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(10 * MINUTE);
    const { resources } = await on.recipeState();
    const left = resources.find(({ id }) => id === first);
    expect(left).toMatchObject({ state: "deleting", why: expect.stringContaining(message) });
    on.cloud.cbr.refusal = null;
    await on.idle(3 * HOUR);
    expect(on.backups).not.toContain(first);
  });

  it.each(["IMG.0176", "IMG.0090", "IMG.0148", "IMG.0060"])(
    "goes later with its image if IMS answers the delete with %s",
    async (code) => {
      const on = new FullServer();
      await on.refresh(on.recipe({ keep: 1 }));
      on.cloud.deleteRefusals = [code];
      const second = await on.refresh(on.recipe({ keep: 1 }));
      await on.idle(3 * HOUR);
      expect(on.imageNames()).toEqual([second.candidate?.creationName]);
      expect(on.backups).toHaveLength(1);
    },
  );

  it("keeps its image there while CBR does not say which backup it is", async () => {
    const on = new FullServer();
    on.cloud.plans = [{ recordAfter: 1, seconds: 600, fails: null }];
    const id = await on.begin();
    await on.follow(id, ({ job }) => job !== null);
    on.cloud.nowMs += 30_000;
    await on.cancel(id);
    on.cloud.cbr.isForbidden = true;
    await on.follow(id);
    await on.idle(2 * HOUR);
    expect(on.imageNames()).toHaveLength(1);
    const [image] = (await on.recipeState()).images;
    expect(image?.kept?.why).toContain("its backup cannot be looked for");
    on.cloud.cbr.isForbidden = false;
    await on.idle(DAY);
    expect([on.imageNames(), on.backups]).toEqual([[], []]);
  });

  it("goes if a person has deleted the image alone", async () => {
    const on = new FullServer();
    await on.refresh();
    const run = await on.refresh();
    const [old] = [...on.cloud.images.keys()];
    on.cloud.images.delete(old ?? "");
    const [first] = on.backups;
    on.cloud.cbr.unlink(first ?? "");
    await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(DAY);
    expect(run.outcome).toBe("succeeded");
    expect(on.backups).not.toContain(first);
    expect(on.backups).toHaveLength(on.imageNames().length);
  });

  it("stays while another image is made of it", async () => {
    const on = new FullServer();
    on.cloud.deletesBackups = false;
    await on.refresh(on.recipe({ keep: 1 }));
    const [first = ""] = on.backups;
    const id = await on.begin(on.recipe({ keep: 1 }));
    await on.follow(id, ({ step }) => step === "retire-images");
    await on.follow(id, ({ step }) => step === "clean-up-snapshots");
    const backup = on.cloud.cbr.backups.get(first);
    if (backup !== undefined) backup.imageIds = ["somebody-elses"];
    await on.follow(id);
    await on.idle(3 * HOUR);
    expect(on.backups).toContain(first);
    const { resources } = await on.recipeState();
    expect(resources.find((one) => one.id === first)?.why).toContain(
      "named by image somebody-elses",
    );
  });

  it("is deleted once if the answer of the delete gets lost", async () => {
    const on = new FullServer();
    await on.refresh(on.recipe({ keep: 1 }));
    on.cloud.lostDeletes = 1;
    await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(3 * HOUR);
    expect(on.imageNames()).toHaveLength(1);
    expect(on.backups).toHaveLength(1);
  });
});

describe("an answer that is lost", () => {
  it.each([
    ["its image is there", 3],
    ["its image comes later", 600],
  ])("makes no second image and no second backup: %s", async (_, recordAfter) => {
    const on = new FullServer();
    on.cloud.plans = [{ recordAfter, seconds: 60, fails: null }];
    on.cloud.lostAnswers = 1;
    const run = await on.refresh();
    expect(run.outcome).toBe("succeeded");
    expect(new Set(on.cloud.asked.map(({ name }) => name)).size).toBe(1);
    expect(on.imageNames()).toEqual([run.candidate?.creationName]);
    expect(on.backups).toHaveLength(1);
  });
});

describe("a job that fails", () => {
  const fails = { code: "IMG.0014", reason: "An exception occurred" };

  it.each([false, true])("leaves nothing (image left: %s)", async (leavesImage) => {
    const on = new FullServer();
    on.cloud.plans = [{ ...JOB, seconds: 60, fails: { ...fails, leavesImage } }];
    const { outcome, failure } = await on.refresh();
    expect(outcome).toBe("failed");
    expect(failure).toMatchObject({ code: "image-job-failed" });
    await on.idle(DAY);
    expect(on.imageNames()).toEqual([]);
    expect(on.backups).toEqual([]);
  });

  it("and leaves a backup of no image: the run names it, and leaves it to a person", async () => {
    const on = new FullServer();
    const earlier = on.cloud.cbr.addBackup({
      vaultId: on.vaultId,
      serverId: on.serverId,
      createdAtMs: on.cloud.nowMs - HOUR,
    });
    const left = { ...fails, leavesImage: false, leavesBackup: true };
    on.cloud.plans = [{ ...JOB, seconds: 60, fails: left }];
    const { failure } = await on.refresh();
    const [backup] = on.backups.filter((id) => id !== earlier);
    expect(failure?.message).toContain(
      `has a backup since then that no image is made of: ${backup}`,
    );
    expect(failure?.message).not.toContain(earlier);
    expect(failure?.remedy).toContain("Delete the backup in CBR, unless somebody else has made it");
    await on.idle(DAY);
    expect(on.backups).toEqual([earlier, backup]);
  });
});

describe("a run that is cancelled while its job runs", () => {
  it.each([
    ["before the image's record is there", 600],
    ["when it is", 1],
  ])("leaves neither image nor backup: %s", async (_, recordAfter) => {
    const on = new FullServer();
    on.cloud.plans = [{ recordAfter, seconds: 600, fails: null, backupSeconds: 300 }];
    const id = await on.begin();
    await on.follow(id, ({ job }) => job !== null);
    on.cloud.nowMs += 30_000;
    await on.cancel(id);
    expect((await on.follow(id)).outcome).toBe("cancelled");
    await on.idle(DAY);
    expect(on.imageNames()).toEqual([]);
    expect(on.backups).toEqual([]);
  });

  it("leaves neither if it is cancelled once the image is in the inventory", async () => {
    const on = new FullServer();
    on.cloud.plans = [{ ...JOB, backupSeconds: 600 }];
    const id = await on.begin();
    await on.follow(id, ({ timeline }) => timeline.at(-1)?.text === "backup protecting");
    await on.cancel(id);
    expect((await on.follow(id)).outcome).toBe("cancelled");
    await on.idle(DAY);
    expect(on.imageNames()).toEqual([]);
    expect(on.backups).toEqual([]);
  });
});

describe("before anything is stopped", () => {
  const posts = (on: FullServer) =>
    on.cloud.requests.filter((r) => r.startsWith("POST") && r.includes("/servers/"));

  it.each<[string, Partial<DocumentedVault>, string, string]>([
    ["of disks", { objectType: "disk" }, "vault-unfit", "it is a vault for disk, not for server"],
    ["of replicas", { protectType: "replication" }, "vault-unfit", "it is a replication vault"],
    ["that is frozen", { status: "frozen" }, "vault-unfit", "its status is frozen"],
    ["that is full", { sizeGib: 40, usedMib: 40 * 1024 }, "vault-full", "40 of 40 GB are used"],
  ])("a vault %s fails the run", async (_, is, code, why) => {
    const on = new FullServer();
    on.vault(is);
    const { failure } = await on.refresh(on.stopping());
    expect(failure).toMatchObject({ code, message: expect.stringContaining(why) });
    expect(posts(on)).toEqual([]);
    expect(creates(on)).toBe(0);
  });

  it("a vault that is not there fails it", async () => {
    const on = new FullServer();
    on.cloud.cbr.vaults.clear();
    const { failure } = await on.refresh(on.stopping());
    expect(failure).toMatchObject({
      code: "vault-unfit",
      remedy: expect.stringContaining("web.vault_id"),
    });
    expect(posts(on)).toEqual([]);
  });

  it("a cloud without CBR fails it, with what to write instead", async () => {
    const on = new FullServer();
    on.cloud.hasCbr = false;
    const { failure } = await on.refresh(on.stopping());
    expect(failure).toMatchObject({
      code: "no-cbr",
      remedy: expect.stringContaining("cbr_endpoint_override"),
    });
    expect(posts(on)).toEqual([]);
  });

  it("a full vault that CBR expands by itself does not", async () => {
    const on = new FullServer();
    on.vault({ usedMib: 99 * 1024, expands: true });
    expect((await on.refresh(on.stopping())).outcome).toBe("succeeded");
  });
});

// Each code of the reference that speaks of vaults, backups or whole servers, and the run's end.
describe("an error code", () => {
  it.each([
    ["IMG.0126", "the server is neither running nor stopped"],
    ["IMG.0136", "the server is being backed up"],
    ["IMG.0187", "too many requests of KMS"],
  ])("%s, %s, is waited for", async (code, message) => {
    const on = new FullServer();
    on.cloud.refusals = [1, 2].map(() => ({ status: 400, code, message }));
    expect((await on.refresh()).outcome).toBe("succeeded");
    expect(creates(on)).toBe(3);
  });

  it.each([
    ["IMG.0180", "vault-unfit", "another server backup vault"],
    ["IMG.0182", "vault-full", "Make the vault larger"],
    ["IMG.0183", "vault-unfit", "write the id of that vault"],
    ["IMG.0184", "vault-unfit", "another server backup vault"],
    ["IMG.0185", "vault-full", "Make the vault larger"],
    ["IMG.0186", "vault-unfit", "another server backup vault"],
    ["IMG.0188", "vault-unfit", "another server backup vault"],
    ["IMG.0193", "vault-unfit", "another server backup vault"],
    ["IMG.0195", "invalid-request", "request id"],
  ])("%s ends the run at once as %s", async (code, end, remedy) => {
    const on = new FullServer();
    on.cloud.refusals = [{ status: 400, code, message: "no" }];
    const { outcome, failure } = await on.refresh();
    expect(outcome).toBe("failed");
    expect(failure).toMatchObject({ code: end, remedy: expect.stringContaining(remedy) });
    expect(failure?.message).toContain(code);
    expect(creates(on)).toBe(1);
  });
});
