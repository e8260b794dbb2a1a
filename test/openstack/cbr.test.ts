import { describe, expect, test } from "vitest";
import {
  type FakeOptions,
  fakeCloud,
  ID,
  inTurn,
  PROJECT,
  refusal,
  response,
} from "./fake-cloud.ts";

const URL_OF = `http://cbr.example/v3/${PROJECT}`;
const HERE: FakeOptions = { config: { endpointOverrides: { cbr: "http://cbr.example" } } };
const PLACE = { vaultId: "vault-1", serverId: "server-1" };

const backup = (fields: Record<string, unknown> = {}) => ({
  id: ID,
  name: "backup_name",
  status: "available",
  vault_id: "vault-1",
  resource_id: "server-1",
  resource_size: 40,
  created_at: "2026-11-22T05:20:23.000+00:00",
  extend_info: { os_images_data: [{ image_id: "image-1" }] },
  ...fields,
});

describe("the endpoint of CBR", () => {
  test.each([
    "http://cbr.example",
    "http://cbr.example/",
    "http://cbr.example/v3",
    URL_OF,
    "http://cbr.example/v3/$(project_id)s",
  ])("%s has version and project", async (cbr) => {
    const config = { endpointOverrides: { cbr } };
    const fake = fakeCloud(inTurn(response(404, { error_msg: "no such backup" })), { config });
    expect(await fake.cloud.backups.backup(ID)).toBeNull();
    expect(fake.requests.map(({ url }) => url)).toEqual([`${URL_OF}/backups/${ID}`]);
    expect(fake.calls.at(-1)).toMatchObject({ service: "cbr", status: 404 });
  });

  test("that the catalog lacks is told", async () => {
    const fake = fakeCloud(inTurn());
    const error = await refusal(fake.cloud.backups.vault("vault-1"));
    expect(error).toMatchObject({ kind: "refused", code: "not-offered" });
    expect(error.message).toContain("no cbr service with a public endpoint");
  });
});

describe("a backup", () => {
  test("tells its vault, its server, and the images that are made of it", async () => {
    const fake = fakeCloud(inTurn(response(200, { backup: backup() })), HERE);
    expect(await fake.cloud.backups.backup(ID)).toEqual({
      id: ID,
      name: "backup_name",
      status: "available",
      ...PLACE,
      sizeGib: 40,
      imageIds: ["image-1"],
      createdAtMs: Date.parse("2026-11-22T05:20:23Z"),
    });
  });

  test.each([
    ["no images", { extend_info: { auto_trigger: true } }],
    ["no more than it has to", { extend_info: null, name: null, created_at: null }],
  ])("may tell %s", async (_, fields) => {
    const fake = fakeCloud(inTurn(response(200, { backup: backup(fields) })), HERE);
    expect(await fake.cloud.backups.backup(ID)).toMatchObject({ ...PLACE, imageIds: [] });
  });

  test.each([
    ["status", { status: 7 }],
    ["vault_id", { vault_id: null }],
    ["os_images_data", { extend_info: { os_images_data: "image-1" } }],
  ])("is not believed to be gone or free where its %s cannot be read", async (_, fields) => {
    const fake = fakeCloud(() => response(200, { backup: backup(fields) }), HERE);
    expect((await refusal(fake.cloud.backups.backup(ID))).kind).toBe("transient");
  });

  test.each([
    [404, "the page of a proxy", "<html>not found</html>", "transient"],
    [503, "down", "", "transient"],
    [403, "no right", { error_code: "BackupService.9998", error_msg: "no" }, "refused"],
  ])("is not taken for gone by a %i: %s", async (status, _, body, kind) => {
    const answer = { ...response(status, body), headers: {} };
    const fake = fakeCloud(() => answer, HERE);
    expect((await refusal(fake.cloud.backups.backup(ID))).kind).toBe(kind);
  });

  test("that is in use is deleted later; one that is gone is gone", async () => {
    const inUse = { error_code: "BackupService.6216", error_msg: "it is in use" };
    const fake = fakeCloud(
      inTurn(response(400, inUse), response(204), response(404, { error_msg: "no backup" })),
      HERE,
    );
    expect((await refusal(fake.cloud.backups.deleteBackup(ID))).code).toBe("in-use");
    await fake.cloud.backups.deleteBackup(ID);
    await fake.cloud.backups.deleteBackup(ID);
    expect(fake.requests.map(({ method }) => method)).toEqual(["DELETE", "DELETE", "DELETE"]);
  });
});

describe("the backups of a server in a vault", () => {
  const page = (...ids: string[]) => ids.map((id) => backup({ id }));

  test("are read page by page, and asked for by both ids", async () => {
    const fake = fakeCloud(
      inTurn(
        response(200, { count: 3, backups: page("a", "b") }),
        response(200, { count: 3, backups: page("c") }),
        response(200, { count: 3, backups: [] }),
      ),
      HERE,
    );
    const found = await fake.cloud.backups.backupsIn(PLACE);
    expect(found.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    const asked = fake.requests.map(({ url }) => new URL(url).searchParams);
    expect(asked.map((query) => query.get("marker"))).toEqual([null, "b", "c"]);
    expect(asked[0]?.get("vault_id")).toBe("vault-1");
    expect(asked[0]?.get("resource_id")).toBe("server-1");
  });

  test("are one page where the first one has them all", async () => {
    const fake = fakeCloud(inTurn(response(200, { count: 1, backups: page("a") })), HERE);
    expect(await fake.cloud.backups.backupsIn(PLACE)).toHaveLength(1);
  });

  test("are no others, also where CBR passes over a filter", async () => {
    const others = [backup({ id: "a", vault_id: "v2" }), backup({ id: "b", resource_id: "s2" })];
    const fake = fakeCloud(inTurn(response(200, { count: 2, backups: others })), HERE);
    expect(await fake.cloud.backups.backupsIn(PLACE)).toEqual([]);
  });
});

describe("a full-server image", () => {
  test("is asked for with server and vault, in version 1 of IMS, once", async () => {
    const fake = fakeCloud(inTurn(response(200, { job_id: "j1" })));
    await fake.cloud.imageJobs.createImage({ kind: "full-server", ...PLACE }, "web-1");
    const [request] = fake.requests;
    expect(request?.url).toBe("http://glance.example/v1/cloudimages/wholeimages/action");
    expect(JSON.parse(request?.body ?? "")).toEqual({
      name: "web-1",
      instance_id: "server-1",
      vault_id: "vault-1",
    });
  });

  test("is deleted with its backup only on request", async () => {
    const fake = fakeCloud(inTurn(response(204), response(204)));
    await fake.cloud.images.deleteImage(ID, { withBackup: true });
    await fake.cloud.images.deleteImage(ID);
    const bodies = fake.requests.map(({ body }) => body);
    expect(bodies).toEqual([JSON.stringify({ delete_backup: true }), undefined]);
  });

  test.each([
    [ID, ID],
    ["", null],
    ["../x", null],
    [7, null],
  ])("whose __backup_id is %j names %s", async (value, names) => {
    const image = { id: ID, status: "active", __backup_id: value };
    const fake = fakeCloud(inTurn(response(200, image)));
    expect((await fake.cloud.images.image(ID))?.backupId).toBe(names);
  });
});
