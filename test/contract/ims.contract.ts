import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Cloud } from "../../shared/cloud-ports.ts";
import type { ExportFile, FarCopy, JobSource } from "../../shared/image-jobs.ts";
import { CloudError } from "../../shared/openstack/errors.ts";

/** A cloud with an IMS, seen through the adapter. */
export interface ImsTarget {
  cloud: Cloud;
  /** Another region of the account. */
  far: Cloud;
  /** Where a copy in it is to be. */
  farPlace: Omit<FarCopy, "name">;
  /** The next copy in another region fails at its end. */
  failFarCopy: () => void;
  /** A running server. */
  addServer: () => string;
  /** A data disk of the server. */
  addDisk: (serverId: string) => string;
  /** A vault of CBR for backups of servers, or of disks. */
  addVault: (of: "server" | "disk") => string;
  /** A key of KMS. */
  addKey: (id: string) => void;
  /** A bucket of OBS. */
  addBucket: (name: string) => void;
  /** Which image is in which file. */
  files: (bucket: string) => Record<string, string>;
  /** The next export fails at its end. */
  failExport: () => void;
  /** The server has become one that no image can be taken of. */
  loseServer: (id: string) => void;
  /** Longer than any job takes. */
  pass: () => void;
  /** Until the image of a job is there, and its job still runs. */
  passOne: () => void;
  quota: (images: number | null) => void;
  /** The next job fails at its end, with or without an image that stays. */
  failNext: (leavesImage: boolean) => void;
  /** The next job for data disks fails for one of them, and its image does not stay. */
  failOne: () => void;
}

const NAME = "web-golden-k3x9qa";

/** What Regild relies on in an Image Management Service. */
export function describeIms(name: string, open: () => ImsTarget): void {
  describe(name, () => {
    let target: ImsTarget;
    let serverId: string;
    beforeEach(() => {
      target = open();
      serverId = target.addServer();
    });

    const create = (called = NAME, of = serverId) =>
      target.cloud.imageJobs.createImage({ kind: "system-disk", serverId: of }, called);
    const osVersion = "Ubuntu 22.04 server 64bit";
    const OF_DISK: Array<["data-disk" | "system-from-data-disk", (volumeId: string) => JobSource]> =
      [
        ["data-disk", (volumeId) => ({ kind: "data-disk", volumeId })],
        [
          "system-from-data-disk",
          (volumeId) => ({ kind: "system-from-data-disk", volumeId, osVersion }),
        ],
      ];
    const job = (id: string) => target.cloud.imageJobs.job(id);
    const refused = async (asked: Promise<unknown>) => {
      const error: unknown = await asked.catch((thrown: unknown) => thrown);
      if (!(error instanceof CloudError)) throw new Error("it was not refused");
      return { kind: error.kind, code: error.code };
    };

    it("answers a create with a job, which is under way and then has made the image", async () => {
      const { jobId } = await create();
      expect(await job(jobId)).toMatchObject({ imageId: null, errorCode: null });
      expect(["INIT", "RUNNING"]).toContain((await job(jobId))?.status);
      target.pass();
      const ended = await job(jobId);
      expect(ended).toMatchObject({ status: "SUCCESS", errorCode: null, failReason: null });
      const image = await target.cloud.images.image(ended?.imageId ?? "");
      expect(image).toMatchObject({ name: NAME, status: "active", visibility: "private" });
      expect(image?.sizeBytes).toBeGreaterThan(0);
      expect(image?.oddFields).toEqual([]);
    });

    it.each(OF_DISK)("makes an image of a %s, and tells its id", async (_, of) => {
      const volumeId = target.addDisk(serverId);
      const { jobId } = await target.cloud.imageJobs.createImage(of(volumeId), NAME);
      expect((await job(jobId))?.imageId).toBeNull();
      target.pass();
      const { status, imageId } = (await job(jobId)) ?? {};
      expect(status).toBe("SUCCESS");
      expect(await target.cloud.images.image(imageId ?? "")).toMatchObject({ name: NAME });
      const again = target.cloud.imageJobs.createImage(of(volumeId), NAME);
      expect((await refused(again)).code).toBe("name-taken");
    });

    it.each(OF_DISK)("says why a job for a %s has failed", async (_, of) => {
      target.failNext(false);
      const volumeId = target.addDisk(serverId);
      const { jobId } = await target.cloud.imageJobs.createImage(of(volumeId), NAME);
      target.pass();
      expect(await job(jobId)).toMatchObject({ status: "FAIL", errorCode: "IMG.0014" });
    });

    it.each(OF_DISK)("knows no %s that is gone", async (_, of) => {
      const asked = target.cloud.imageJobs.createImage(of(randomUUID()), NAME);
      expect((await refused(asked)).code).toBe("invalid-request");
    });

    describe("the images of several data disks", () => {
      const NAMES = [`${NAME}-vdb`, `${NAME}-vdc`];
      const disksOf = (names = NAMES) =>
        names.map((called) => ({ volumeId: target.addDisk(serverId), name: called }));
      const createOf = (disks = disksOf()) =>
        target.cloud.imageJobs.createImage({ kind: "data-disks", disks }, NAME);
      const namesLeft = async () => {
        const named = await Promise.all(NAMES.map((one) => target.cloud.images.named(one)));
        return named.flat().map(({ name: called }) => called);
      };

      it("are made by one job, which tells each by its name", async () => {
        const { jobId } = await createOf();
        expect(await job(jobId)).toMatchObject({ imageId: null, diskImages: [] });
        target.pass();
        const { status, diskImages = [] } = (await job(jobId)) ?? {};
        expect(status).toBe("SUCCESS");
        expect(diskImages.map((one) => one.name).toSorted()).toEqual(NAMES);
        for (const { id, name: called } of diskImages)
          expect(await target.cloud.images.image(id)).toMatchObject({
            name: called,
            status: "active",
          });
      });

      it.each([0, 1])("are refused if a name is taken: of disk %i", async (nth) => {
        await create(NAMES[nth]);
        expect((await refused(createOf())).code).toBe("name-taken");
        target.pass();
        expect(await namesLeft()).toEqual([NAMES[nth]]);
      });

      it("are refused if two have one name, or their disks are of two servers", async () => {
        expect((await refused(createOf(disksOf(["same", "same"])))).code).toBe("name-taken");
        const [own] = disksOf();
        const other = { volumeId: target.addDisk(target.addServer()), name: "other" };
        if (own === undefined) throw new Error("no disk");
        expect((await refused(createOf([own, other]))).code).toBe("invalid-request");
      });

      it("are not all made by a job that fails for one disk", async () => {
        target.failOne();
        const { jobId } = await createOf();
        target.pass();
        const failed = await job(jobId);
        expect(failed).toMatchObject({ status: "FAIL", errorCode: "IMG.0014" });
        expect(failed?.diskImages.map((one) => one.name)).toEqual(await namesLeft());
        expect(failed?.diskImages).toHaveLength(1);
      });

      it("count each against the quota", async () => {
        const { images } = await target.cloud.imageJobs.quota();
        target.quota((images?.used ?? 0) + 1);
        expect((await refused(createOf())).code).toBe("quota-exceeded");
        target.pass();
        expect(await namesLeft()).toEqual([]);
      });
    });

    describe("a full-server image", () => {
      const place = () => ({ vaultId: target.addVault("server"), serverId });
      const createOf = (of: { vaultId: string; serverId: string }, called = NAME) =>
        target.cloud.imageJobs.createImage({ kind: "full-server", ...of }, called);
      const made = async (of: { vaultId: string; serverId: string }) => {
        const { jobId } = await createOf(of);
        target.pass();
        const image = await target.cloud.images.image((await job(jobId))?.imageId ?? "");
        if (image === null) throw new Error("it has made no image");
        return image;
      };

      it("is made of a backup in the vault, which the image names, and CBR names the image", async () => {
        const of = place();
        const image = await made(of);
        expect(image).toMatchObject({ name: NAME, status: "active" });
        const backup = await target.cloud.backups.backup(image.backupId ?? "");
        expect(backup).toMatchObject({ ...of, status: "available", imageIds: [image.id] });
        expect(backup?.createdAtMs).toBeGreaterThan(0);
        expect(await target.cloud.backups.backupsIn(of)).toEqual([backup]);
        expect((await target.cloud.backups.vault(of.vaultId))?.serverIds).toEqual([serverId]);
      });

      it("is refused under a name that is taken", async () => {
        const of = place();
        await createOf(of);
        expect((await refused(createOf(of))).code).toBe("name-taken");
      });

      it("is deleted with its backup, which is gone a while later", async () => {
        const of = place();
        const { id, backupId } = await made(of);
        expect(await target.cloud.images.deleteImage(id, { withBackup: true })).toBe(true);
        target.pass();
        expect(await target.cloud.backups.backup(backupId ?? "")).toBeNull();
        expect(await target.cloud.backups.backupsIn(of)).toEqual([]);
        expect(await target.cloud.images.deleteImage(id, { withBackup: true })).toBe(false);
      });

      it("leaves its backup behind if nobody asks for that; then CBR deletes it", async () => {
        const of = place();
        const { id, backupId } = await made(of);
        const { backups } = target.cloud;
        expect(await refused(backups.deleteBackup(backupId ?? ""))).toEqual({
          kind: "refused",
          code: "in-use",
        });
        await target.cloud.images.deleteImage(id);
        target.pass();
        expect(await backups.backup(backupId ?? "")).not.toBeNull();
        await backups.deleteBackup(backupId ?? "");
        expect((await backups.backup(backupId ?? ""))?.status ?? "gone").toMatch(/deleting|gone/);
        target.pass();
        expect(await backups.backup(backupId ?? "")).toBeNull();
        await backups.deleteBackup(backupId ?? "");
      });

      it("needs a vault for servers", async () => {
        const vaultId = target.addVault("disk");
        expect((await refused(createOf({ vaultId, serverId }))).code).toBe("vault-unfit");
        const unknown = { vaultId: randomUUID(), serverId };
        expect((await refused(createOf(unknown))).code).toBe("vault-unfit");
        expect(await target.cloud.backups.vault(unknown.vaultId)).toBeNull();
        expect(await target.cloud.backups.vault(vaultId)).toMatchObject({ objectType: "disk" });
      });

      it("waits for an earlier backup of the server", async () => {
        const of = place();
        await createOf(of);
        target.passOne();
        expect(await refused(createOf(of, "another"))).toEqual({ kind: "refused", code: "busy" });
      });

      it("is listed page by page, with the others of the server in the vault", async () => {
        const of = place();
        const ids: string[] = [];
        for (const called of ["a", "b", "c", "d", "e"]) {
          const { jobId } = await createOf(of, called);
          target.pass();
          const image = await target.cloud.images.image((await job(jobId))?.imageId ?? "");
          ids.push(image?.backupId ?? "");
        }
        await made({ vaultId: target.addVault("server"), serverId: target.addServer() });
        const found = await target.cloud.backups.backupsIn(of);
        expect(found.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      });
    });

    describe("an encrypted copy", () => {
      const KEY = "bd66288c-9081-460a-8227-4cbd0c814cb4";
      const made = async () => {
        const { jobId } = await create();
        target.pass();
        return (await job(jobId))?.imageId ?? "";
      };
      const copied = (id: string, name = "copy", cmkId = KEY) =>
        target.cloud.imageJobs.copyImage(id, { name, cmkId });
      beforeEach(() => target.addKey(KEY));

      it("is made by a job, has an id and a name of its own, and names its key", async () => {
        const id = await made();
        const { jobId } = await copied(id);
        expect((await job(jobId))?.imageId).toBeNull();
        target.pass();
        const { status, imageId } = (await job(jobId)) ?? {};
        expect([status, imageId === id]).toEqual(["SUCCESS", false]);
        const copy = await target.cloud.images.image(imageId ?? "");
        expect(copy).toMatchObject({ name: "copy", status: "active", visibility: "private" });
        expect(copy?.properties["__system__cmkid"]).toBe(KEY);
        expect(await target.cloud.images.image(id)).toMatchObject({ name: NAME, status: "active" });
      });

      it("is refused under a name that is taken, and so made once", async () => {
        const id = await made();
        await copied(id);
        expect((await refused(copied(id))).code).toBe("name-taken");
        target.pass();
        expect((await refused(copied(id))).code).toBe("name-taken");
        expect((await refused(copied(id, NAME))).code).toBe("name-taken");
      });

      it("needs a key, and an image that IMS copies", async () => {
        const id = await made();
        expect((await refused(copied(id, "copy", randomUUID()))).code).toBe("key-unfit");
        expect((await refused(copied(randomUUID()))).code).toBe("invalid-request");
      });
    });

    describe("a copy in another region", () => {
      const made = async (called = NAME) => {
        const { jobId } = await create(called);
        target.pass();
        return (await job(jobId))?.imageId ?? "";
      };
      const copied = (id: string, is: Partial<FarCopy> = {}) =>
        target.cloud.imageJobs.copyToRegion(id, { ...target.farPlace, name: NAME, ...is });
      const copyOf = async (id: string) => {
        const { jobId } = await copied(id);
        target.pass();
        const copy = await target.far.images.image((await job(jobId))?.imageId ?? "");
        if (copy === null) throw new Error("it has made no copy");
        return copy;
      };
      const namesThere = async () =>
        (await target.far.images.named(NAME)).map(({ name: called }) => called);

      it("is made by a job, which its own region tells, and has an id of its own", async () => {
        const id = await made();
        const { jobId } = await copied(id);
        expect(await job(jobId)).toMatchObject({ imageId: null, errorCode: null });
        target.passOne();
        expect((await job(jobId))?.status).toBe("RUNNING");
        expect(await namesThere()).toEqual([NAME]);
        expect(await target.far.imageJobs.job(jobId)).toBeNull();
        target.pass();
        const { status, imageId } = (await job(jobId)) ?? {};
        expect([status, imageId === id]).toEqual(["SUCCESS", false]);
        const copy = await target.far.images.image(imageId ?? "");
        expect(copy).toMatchObject({ name: NAME, status: "active", visibility: "private" });
        expect(copy?.oddFields).toEqual([]);
        expect(copy?.sizeBytes).toBeGreaterThan(0);
      });

      it("is in that region alone, and the image in its own", async () => {
        const id = await made();
        const copy = await copyOf(id);
        expect(await target.cloud.images.image(copy.id)).toBeNull();
        expect((await target.cloud.images.named(NAME)).map((image) => image.id)).toEqual([id]);
        expect(await target.far.images.image(id)).toBeNull();
        expect((await target.far.images.named(NAME)).map((image) => image.id)).toEqual([copy.id]);
      });

      it("has none of the image's tags and own properties; it gets them, and goes, as any other", async () => {
        const id = await made();
        const { images } = target.cloud;
        await images.addTag(id, "golden");
        const image = await images.image(id);
        if (image === null) throw new Error("the image is gone");
        await images.change(image, { properties: { regild_run: "r1" } });
        const copy = await copyOf(id);
        expect([copy.tags, copy.properties["regild_run"]]).toEqual([[], undefined]);
        await target.far.images.addTag(copy.id, "golden");
        await target.far.images.change(copy, { properties: { regild_run: "r2" } });
        const changed = await target.far.images.image(copy.id);
        expect([changed?.tags, changed?.properties["regild_run"]]).toEqual([["golden"], "r2"]);
        expect(await target.far.images.deleteImage(copy.id)).toBe(true);
        expect(await target.far.images.image(copy.id)).toBeNull();
        expect(await images.image(id)).not.toBeNull();
      });

      it("is not made of an image that is not there, or encrypted, or of a whole server", async () => {
        expect((await refused(copied(randomUUID()))).code).toBe("invalid-request");
        const cmkId = randomUUID();
        target.addKey(cmkId);
        const encrypted = { name: "encrypted", cmkId };
        const { jobId } = await target.cloud.imageJobs.copyImage(await made(), encrypted);
        target.pass();
        const { imageId } = (await job(jobId)) ?? {};
        expect((await refused(copied(imageId ?? ""))).code).toBe("invalid-request");
        const source = {
          kind: "full-server",
          serverId,
          vaultId: target.addVault("server"),
        } as const;
        const whole = await target.cloud.imageJobs.createImage(source, "whole");
        target.pass();
        const wholeId = (await job(whole.jobId))?.imageId ?? "";
        expect((await refused(copied(wholeId))).code).toBe("not-exportable");
        target.pass();
        expect(await namesThere()).toEqual([]);
      });

      it("needs a name, another region, a project there and an agency", async () => {
        const id = await made();
        const unfit: Array<Partial<FarCopy>> = [
          { name: "" },
          { region: "nowhere" },
          { region: await target.cloud.region() },
          { projectName: "nobody" },
          { agencyName: "nobody" },
        ];
        for (const is of unfit)
          expect((await refused(copied(id, is))).code).toBe("invalid-request");
      });

      it("is one of five at once", async () => {
        const id = await made();
        const names = ["a", "b", "c", "d", "e"];
        for (const called of names) await copied(id, { name: called });
        target.passOne();
        expect((await refused(copied(id))).kind).toBe("transient");
        target.pass();
        await copied(id);
      });

      it("says why it has failed, leaves nothing there, and may be asked for again", async () => {
        const id = await made();
        target.failFarCopy();
        const { jobId } = await copied(id);
        target.pass();
        expect(await job(jobId)).toMatchObject({
          status: "FAIL",
          errorCode: "IMG.0014",
          failReason: expect.stringContaining("exception"),
        });
        expect(await namesThere()).toEqual([]);
        await copyOf(id);
        expect(await namesThere()).toEqual([NAME]);
      });
    });

    describe("an export", () => {
      const BUCKET = "golden-images";
      const imageOf = async (source: JobSource, called = NAME) => {
        const { jobId } = await target.cloud.imageJobs.createImage(source, called);
        target.pass();
        return (await job(jobId))?.imageId ?? "";
      };
      const systemDisk = () => imageOf({ kind: "system-disk", serverId });
      const exported = (id: string, is: Partial<ExportFile> = {}) =>
        target.cloud.imageJobs.exportImage(id, {
          bucket: BUCKET,
          name: `web-${id}.qcow2`,
          format: "qcow2",
          ...is,
        });
      beforeEach(() => target.addBucket(BUCKET));

      it("answers with a job, and the file is in the bucket once the job has ended", async () => {
        const id = await systemDisk();
        const { jobId } = await exported(id);
        expect((await job(jobId))?.status).toMatch(/INIT|RUNNING/);
        expect(target.files(BUCKET)).toEqual({});
        target.pass();
        expect(await job(jobId)).toMatchObject({ status: "SUCCESS", errorCode: null });
        expect(target.files(BUCKET)).toEqual({ [`web-${id}.qcow2`]: id });
      });

      it("is made of a data disk's image, and by the fast way without a format", async () => {
        const volumeId = target.addDisk(serverId);
        const id = await imageOf({ kind: "data-disk", volumeId });
        await exported(id, { name: "data.zvhd2", format: "zvhd2" });
        target.pass();
        expect(target.files(BUCKET)).toEqual({ "data.zvhd2": id });
      });

      it("is refused as busy while there is one, and then because the file exists", async () => {
        const id = await systemDisk();
        await exported(id);
        target.passOne();
        expect(await refused(exported(id))).toEqual({ kind: "refused", code: "busy" });
        target.pass();
        expect(await refused(exported(id))).toEqual({ kind: "refused", code: "file-exists" });
      });

      it("keeps its image from being deleted until it has ended", async () => {
        const id = await systemDisk();
        await exported(id);
        const { images } = target.cloud;
        expect(await refused(images.deleteImage(id))).toEqual({ kind: "refused", code: "busy" });
        target.pass();
        expect(await images.deleteImage(id)).toBe(true);
      });

      it("may fail at its end, and then leaves no file and may be asked for again", async () => {
        const id = await systemDisk();
        target.failExport();
        const { jobId } = await exported(id);
        target.pass();
        expect(await job(jobId)).toMatchObject({ status: "FAIL", errorCode: "IMG.0014" });
        expect(target.files(BUCKET)).toEqual({});
        await exported(id);
      });

      it("needs a bucket, a file name and an image of a kind that IMS exports", async () => {
        const id = await systemDisk();
        expect((await refused(exported(id, { bucket: "nobody" }))).code).toBe("bucket-unfit");
        expect((await refused(exported(id, { name: "a/b?c" }))).code).toBe("invalid-request");
        expect((await refused(exported(randomUUID()))).code).toBe("invalid-request");
        const vaultId = target.addVault("server");
        const whole = await imageOf({ kind: "full-server", serverId, vaultId }, "whole");
        expect((await refused(exported(whole))).code).toBe("not-exportable");
      });
    });

    it("makes private images, which are shared with projects by Glance's calls, and no job", async () => {
      const { jobId } = await create();
      target.pass();
      const id = (await job(jobId))?.imageId ?? "";
      const { images, imageMembers } = target.cloud;
      const project = "0".repeat(32);
      expect(await imageMembers.add(id, project)).toBe(true);
      expect(await imageMembers.add(id, project)).toBe(false);
      expect(await imageMembers.members(id)).toEqual([{ project, status: "pending" }]);
      expect((await images.image(id))?.visibility).toBe("shared");
      await imageMembers.remove(id, project);
      expect(await imageMembers.members(id)).toEqual([]);
      expect((await images.image(id))?.visibility).toBe("private");
    });

    it("lets nobody change the visibility of an image", async () => {
      const { jobId } = await create();
      target.pass();
      const image = await target.cloud.images.image((await job(jobId))?.imageId ?? "");
      if (image === null) throw new Error("it has made no image");
      const asked = target.cloud.images.change(image, { visibility: "shared" });
      expect((await refused(asked)).kind).toBe("refused");
    });

    it("takes a name once: while the job runs, and as long as the image is there", async () => {
      const { jobId } = await create();
      expect(await refused(create())).toEqual({ kind: "refused", code: "name-taken" });
      target.pass();
      expect(await refused(create())).toEqual({ kind: "refused", code: "name-taken" });
      await target.cloud.images.deleteImage((await job(jobId))?.imageId ?? "");
      await create();
    });

    it("shows the image by its name", async () => {
      const { jobId } = await create();
      target.pass();
      const named = await target.cloud.images.named(NAME);
      expect(named.map(({ id }) => id)).toEqual([(await job(jobId))?.imageId]);
    });

    it.each([false, true])("says why a job has failed (image left: %s)", async (leavesImage) => {
      target.failNext(leavesImage);
      const { jobId } = await create();
      target.pass();
      expect(await job(jobId)).toMatchObject({
        status: "FAIL",
        errorCode: "IMG.0014",
        failReason: expect.stringContaining("exception"),
      });
      expect(await target.cloud.images.named(NAME)).toHaveLength(leavesImage ? 1 : 0);
    });

    it("takes names of 1 to 128 characters", async () => {
      await create("é".repeat(128));
      expect((await refused(create("x".repeat(129)))).code).toBe("invalid-request");
      expect((await refused(create(""))).code).toBe("invalid-request");
    });

    it("knows no image of a server that is gone", async () => {
      target.loseServer(serverId);
      expect(await refused(create())).toEqual({ kind: "refused", code: "not-found" });
    });

    it("counts private images against its quota, and refuses one more", async () => {
      const { images } = await target.cloud.imageJobs.quota();
      const used = images?.used ?? 0;
      target.quota(used + 1);
      await create();
      target.pass();
      expect((await target.cloud.imageJobs.quota()).images).toEqual({
        used: used + 1,
        limit: used + 1,
      });
      expect((await refused(create("another"))).code).toBe("quota-exceeded");
    });

    it("says 404 to a job that it does not know", async () => {
      expect(await job("ff8080814dbd65d7014dbe0d84db0013")).toBeNull();
    });

    it("is not there in a cloud without it", async () => {
      target.quota(null);
      expect((await refused(target.cloud.imageJobs.quota())).code).toBe("not-found");
      expect((await refused(create())).code).toBe("not-found");
    });
  });
}
