import { generateKeyPairSync, sign } from "node:crypto";
import { dsse } from "@sigstore/core";
import { describe, expect, it } from "vitest";
import { viewProvenance } from "../../local/view/provenance.ts";
import type { InventoryImage } from "../../shared/image/recipe-state.ts";
import type { Image } from "../../shared/cloud-ports.ts";
import { PROVENANCE_PROPERTY } from "../../shared/image/marks.ts";
import { PAYLOAD_TYPE } from "../../shared/provenance/dsse.ts";
import { sha256, statementOf } from "../../shared/provenance/statement.ts";
import { image, NOW, run } from "./builders.ts";

const KEY = generateKeyPairSync("ed25519");
const MAPPING = JSON.stringify([{ source_type: "snapshot", snapshot_id: "s1", boot_index: 0 }]);
const ELSEWHERE = JSON.stringify([{ source_type: "volume", volume_id: "v1", boot_index: 0 }]);

const hashed = image({ hash: "sha512 abc", properties: { kernel_id: "k1" } });
const ofSnapshots = image({
  hash: null,
  snapshotIds: ["s2", "s1"],
  properties: { block_device_mapping: MAPPING, root_device_name: "/dev/vda" },
});
const stated = (of: Image, by = run()) => statementOf(by, of, { version: null, nowMs: NOW });

interface Given {
  type?: string;
  recipe?: string;
  revoked?: InventoryImage["revoked"];
}

/** The statement is signed with the key, and the image names it. */
function view(
  statement: object,
  shown: Image,
  { type = PAYLOAD_TYPE, recipe = "web", revoked = null }: Given = {},
) {
  const payload = Buffer.from(JSON.stringify(statement));
  const sig = sign(null, dsse.preAuthEncoding(type, payload), KEY.privateKey).toString("base64");
  const signatures = [{ keyid: "", sig }];
  const envelope = JSON.stringify({
    payloadType: type,
    payload: payload.toString("base64"),
    signatures,
  });
  const named = { ...shown.properties, [PROVENANCE_PROPERTY]: `sha256:${sha256(envelope)}` };
  return viewProvenance({
    recipe,
    entry: { id: shown.id, name: shown.name, revoked },
    stored: { schema: 1, imageId: shown.id, envelope },
    image: { ...shown, properties: named },
    key: KEY.publicKey,
  });
}
const failing = (...of: Parameters<typeof view>) =>
  view(...of).checks.filter(({ state }) => state !== "ok");

it("an image that was revoked is not verified, whatever else holds", () => {
  const revoked = { by: "anna (cli)", reason: "a key", atMs: NOW };
  const document = view(stated(hashed), hashed, { revoked });
  expect(document.verified).toBe(false);
  expect(document.checks.filter(({ state }) => state !== "ok")).toEqual([
    { name: "revoked", state: "problem", message: "by anna (cli): a key" },
  ]);
});

describe("an image that servers do not boot any more as its statement says", () => {
  it.each([
    ["with a hash", hashed],
    ["of snapshots, in any order", { ...ofSnapshots, snapshotIds: ["s1", "s2"] }],
  ])("%s is verified while nothing has changed", (_what, of) => {
    expect(failing(stated(of === hashed ? hashed : ofSnapshots), of)).toEqual([]);
  });

  const changed = (of: Image, change: Partial<Image>, properties: Record<string, string> = {}) =>
    [of, { ...of, ...change, properties: { ...of.properties, ...properties } }] as const;
  it.each([
    [
      "another snapshot",
      changed(ofSnapshots, { snapshotIds: ["s1", "s3"] }),
      "the statement has snapshots s1, s2, the image s1, s3",
    ],
    [
      "one snapshot less",
      changed(ofSnapshots, { snapshotIds: [] }),
      "the statement has snapshots s1, s2, the image none",
    ],
    [
      "a mapping that a hashed image did not have",
      changed(hashed, { snapshotIds: ["s1"] }, { block_device_mapping: MAPPING }),
      "the statement has snapshots none, the image s1",
    ],
    [
      "a mapping without a snapshot",
      changed(hashed, {}, { block_device_mapping: ELSEWHERE }),
      "block_device_mapping of the image changed since the statement",
    ],
    [
      "a long mapping",
      changed(hashed, {}, { block_device_mapping: `${ELSEWHERE}${" ".repeat(300)}` }),
      "block_device_mapping of the image changed since the statement",
    ],
    [
      "a mapping that cannot be read",
      changed(hashed, { oddFields: ["block_device_mapping"] }),
      "the image's block_device_mapping cannot be read: it may name any snapshot",
    ],
    [
      "another kernel, and a ramdisk",
      changed(hashed, {}, { kernel_id: "k2", ramdisk_id: "r1" }),
      "kernel_id, ramdisk_id of the image changed since the statement",
    ],
    [
      "another root device",
      changed(ofSnapshots, {}, { root_device_name: "/dev/vdb" }),
      "root_device_name of the image changed since the statement",
    ],
  ])("%s is a problem", (_what, [before, now], message) => {
    expect(failing(stated(before), now)).toEqual([{ name: "content", state: "problem", message }]);
  });

  it("a kernel that was taken away is a problem", () => {
    const message = "kernel_id of the image changed since the statement";
    const now = { ...hashed, properties: {} };
    expect(failing(stated(hashed), now)).toEqual([{ name: "content", state: "problem", message }]);
  });

  it("a property that the promotion sets is in the statement before the cloud shows it", () => {
    const { recipe } = run();
    const properties = { kernel_id: "k9" };
    const by = run({ recipe: { ...recipe, image: { ...recipe.image, properties } } });
    expect(failing(stated(hashed, by), { ...hashed, properties })).toEqual([]);
  });

  it("what an older statement does not say is unknown", () => {
    const old = structuredClone(statementOf(run(), hashed, { version: null, nowMs: NOW }));
    delete old.subject[0]?.annotations.boots;
    expect(failing(old, hashed)).toMatchObject([{ name: "content", state: "unknown" }]);
  });
});

describe("what the key has signed, and is no statement of this image's making", () => {
  it.each([
    ["another payload type", { type: "application/json" }, {}],
    ["another type of statement", {}, { _type: "https://in-toto.io/Statement/v0.1" }],
    ["no type of statement", {}, { _type: undefined }],
    ["another predicate", {}, { predicateType: "https://slsa.dev/verification_summary/v1" }],
  ])("%s is not verified", (_what, is, change) => {
    const { verified, checks } = view({ ...stated(hashed), ...change }, hashed, is);
    expect(verified).toBe(false);
    expect(checks).toMatchObject([{ name: "signature", state: "problem" }]);
  });

  it("another recipe is not verified", () => {
    const message = "the statement is of recipe web, not db";
    expect(failing(stated(hashed), hashed, { recipe: "db" })).toEqual([
      { name: "image", state: "problem", message },
    ]);
  });
});
