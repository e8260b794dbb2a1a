import { describe, expect, it } from "vitest";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { decideSource, type FoundSource } from "../../../shared/source/resolve.ts";
import { recipe, server, volume } from "../builders.ts";

function found(is: Partial<FoundSource> = {}): FoundSource {
  return { servers: [], volumes: [], projectId: "project-1", bootImage: null, users: [], ...is };
}

function sourceOf(of: Recipe, is: Partial<FoundSource>) {
  const answer = decideSource(of, found(is));
  if ("code" in answer) throw new Error(answer.message);
  return answer.source;
}

const volumeBacked = server({ imageId: null, volumeIds: ["root", "data"] });
const attachedAt = (device: string) => [{ serverId: "server-1", device }];
const root = volume({ id: "root", bootable: true, attachments: attachedAt("/dev/vda") });
const data = volume({ id: "data", attachments: attachedAt("/dev/vdb") });
const ofVolume = recipe({ source: { kind: "volume", idOrName: "data-golden" }, capture: "volume" });

describe("a name that finds none or several", () => {
  it("none: says where it was looked for and what to correct", () => {
    expect(decideSource(recipe(), found())).toEqual({
      code: "source-not-found",
      message: 'No server is named "web-golden", or has that id, in mycloud',
      remedy:
        "Names are compared exactly. openstack server list shows what is there; then correct web.server or region_name",
    });
  });

  it("several: lists them all", () => {
    const servers = [server(), server({ id: "server-2", status: "SHUTOFF" })];
    expect(decideSource(recipe(), found({ servers }))).toEqual({
      code: "source-ambiguous",
      message: '2 servers are named "web-golden": server-1 (ACTIVE), server-2 (SHUTOFF)',
      remedy: "Write the id of the one that is meant into web.server",
    });
  });

  it("counts volumes for a volume's recipe, and servers for a server's", () => {
    expect(decideSource(ofVolume, found({ servers: [server()] }))).toHaveProperty(
      "code",
      "source-not-found",
    );
    expect(sourceOf(ofVolume, { volumes: [volume()] })).toMatchObject({
      kind: "volume",
      id: "volume-1",
      volumeId: "volume-1",
      lockIds: ["volume-1"],
    });
  });
});

describe("what a run locks", () => {
  it("is the server alone, when it is image-backed: createImage leaves its volumes alone", () => {
    const servers = [server({ volumeIds: ["data"] })];
    expect(sourceOf(recipe(), { servers, volumes: [data] })).toMatchObject({
      lockIds: ["server-1"],
      volumeBacked: false,
      volumeId: null,
    });
  });

  it("is the server and every volume, sorted, when createImage takes snapshots of them all", () => {
    expect(sourceOf(recipe(), { servers: [volumeBacked], volumes: [root, data] })).toMatchObject({
      lockIds: ["data", "root", "server-1"],
      volumeBacked: true,
    });
  });

  it("is the server and its root volume, when only that is taken", () => {
    const capture = recipe({ capture: "root_volume" });
    expect(sourceOf(capture, { servers: [volumeBacked], volumes: [data, root] })).toMatchObject({
      lockIds: ["root", "server-1"],
      volumeId: "root",
    });
  });
});

describe("the root volume", () => {
  const capture = recipe({ capture: "root_volume" });
  const rootOf = (...volumes: FoundSource["volumes"]) =>
    sourceOf(capture, { servers: [volumeBacked], volumes }).volumeId;

  it("is the only bootable one, whatever its device is called", () => {
    expect(rootOf(data, { ...root, attachments: attachedAt("/dev/sdc") })).toBe("root");
  });

  it("is, of several bootable ones, the one on the first device of this server", () => {
    const second = { ...data, bootable: true };
    const elsewhere = { ...root, id: "x", attachments: [{ serverId: "s2", device: "/dev/vda" }] };
    expect(rootOf(second, root, elsewhere)).toBe("root");
  });

  it("is not guessed when that does not tell", () => {
    const unclear = [root, data].map((v) => ({ ...v, bootable: true, attachments: [] }));
    expect(decideSource(capture, found({ servers: [volumeBacked], volumes: unclear }))).toEqual({
      code: "no-root-volume",
      message: "Server web-golden has no root volume that can be told from its other volumes",
      remedy: "Name the volume itself: web.volume with capture: snapshot",
    });
  });

  it("is none, for a server that runs from an image", () => {
    expect(decideSource(capture, found({ servers: [server()], volumes: [root] }))).toEqual({
      code: "no-root-volume",
      message: "Server web-golden has no root volume: it runs from an image on a local disk",
      remedy: "Take web.capture out: createImage takes the image of such a server",
    });
  });
});

describe("what a source hands on to its image", () => {
  const properties = { sync_status_reason: "old", sync_reason_status: "older", os_distro: "x" };
  const reasons = { sync_status_reason: "old", sync_reason_status: "older" };

  it("is a reason of failed synchronisation, which says nothing of the new image", () => {
    expect(
      sourceOf(ofVolume, { volumes: [volume({ imageProperties: properties })] }).inherited,
    ).toEqual(reasons);
    const volumes = [{ ...root, imageProperties: properties }];
    expect(sourceOf(recipe(), { servers: [volumeBacked], volumes }).inherited).toEqual(reasons);
  });

  it.each([
    ["ASCII", "x".repeat(300), "x".repeat(255)],
    ["two bytes a character", "é".repeat(200), "é".repeat(127)],
    ["four bytes a character", "𝄞".repeat(80), "𝄞".repeat(63)],
  ])("is cut at 255 bytes by Nova, but not by Cinder: %s", (_, whole, cut) => {
    const inherited = (of: Recipe, is: Partial<FoundSource>) =>
      sourceOf(of, is).inherited["sync_status_reason"];
    const volumes = [{ ...root, imageProperties: { sync_status_reason: whole } }];
    expect(inherited(recipe(), { servers: [volumeBacked], volumes })).toBe(cut);
    const ofRoot = recipe({ capture: "root_volume" });
    expect(inherited(ofRoot, { servers: [volumeBacked], volumes })).toBe(whole);
  });
});

it("a volume of a cloud that does not tell whose it is belongs to the project of the credentials", () => {
  const volumes = [volume({ projectId: null })];
  expect(sourceOf(ofVolume, { volumes, projectId: "mine" }).projectId).toBe("mine");
});

it("of a whole server, it and all its volumes are locked, also if the cloud shows an image of it", () => {
  const of = recipe({ capture: "full_server", vaultId: "vault-1" });
  const servers = [server({ volumeIds: ["root", "data"] })];
  const taken = sourceOf(of, { servers, volumes: [root, data] });
  expect(taken.lockIds).toEqual(["data", "root", "server-1"]);
  expect(taken.volumeBacked).toBe(false);
  expect(sourceOf(of, { servers: [volumeBacked], volumes: [root, data] }).volumeBacked).toBe(false);
});
