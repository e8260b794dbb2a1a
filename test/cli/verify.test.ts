import { generateKeyPairSync, verify as checkSignature } from "node:crypto";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { dsse } from "@sigstore/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { provenanceDocument } from "../../local/view/provenance.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

const pem = () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    key: publicKey,
    public: publicKey.export({ type: "spki", format: "pem" }).toString(),
    private: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
};
const KEY = pem();

describe("regild verify", { timeout: 60_000 }, () => {
  let place: Workplace;
  const env: NodeJS.ProcessEnv = {};
  beforeAll(async () => {
    place = await openWorkplace({}, env);
    place.write("signing.pem", KEY.private);
    place.write("signing.pub", KEY.public);
    place.write("other.pub", pem().public);
    env["REGILD_SIGNING_KEY"] = join(place.folder, "signing.pem");
    await place.regild("refresh", "web", "--wait");
    delete env["REGILD_SIGNING_KEY"];
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const image = (recipe = "web") => {
    const found = [...place.cloud.world.firstZone.images.values()].find(
      ({ name }) => name?.startsWith(`${recipe}-`) === true,
    );
    if (found === undefined) throw new Error("no image");
    return found;
  };
  const verify = async (...args: string[]) => {
    const { status, out } = await place.regild("verify", image().id, "-o", "json", ...args);
    return { status, ...provenanceDocument.parse(JSON.parse(out)) };
  };
  const states = ({ checks }: Awaited<ReturnType<typeof verify>>) =>
    Object.fromEntries(checks.map(({ name, state }) => [name, state]));

  it("says who made it of what, and that all agrees", async () => {
    const { status, out } = await place.regild("verify", image().id, "--public-key", "signing.pub");
    expect(out).toMatch(/Made by {3}run web-\S+, Regild \d+\.\d+\.\d+/);
    expect(out).toContain("Source    server web (");
    expect(out).toContain("(command)");
    expect(out).toContain("Verified.");
    expect(status).toBe(0);
  });

  it("signs as an independent implementation of DSSE reads it", async () => {
    const { envelope, statement } = await verify("--public-key", "signing.pub");
    const payload = Buffer.from(envelope?.payload ?? "", "base64");
    const bytes = dsse.preAuthEncoding(envelope?.payloadType ?? "", payload);
    const sig = Buffer.from(envelope?.signatures[0]?.sig ?? "", "base64");
    expect(checkSignature(null, bytes, KEY.key, sig)).toBe(true);
    expect(statement).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      predicateType: "https://slsa.dev/provenance/v1",
      subject: [{ digest: { sha512: (image().checksum ?? "").repeat(4) } }],
    });
  });

  it("does not call verified what it could not check, or what another key has signed", async () => {
    const unchecked = await verify();
    expect(unchecked).toMatchObject({ status: 7, verified: false });
    expect(states(unchecked)).toMatchObject({ signature: "unknown", property: "ok" });
    const other = await verify("--public-key", "other.pub");
    expect(states(other)).toMatchObject({ signature: "problem", content: "ok" });
  });

  it("finds a property of another image, another content, and a missing image", async () => {
    const there = image();
    const { regild_provenance: own = "" } = there.properties;
    there.properties["regild_provenance"] = "sha256:00";
    expect(states(await verify("--public-key", "signing.pub"))).toMatchObject({
      signature: "ok",
      property: "problem",
    });
    delete there.properties["regild_provenance"];
    expect(states(await verify("--public-key", "signing.pub"))).toMatchObject({
      property: "problem",
    });
    there.properties["regild_provenance"] = own;
    const { checksum } = there;
    there.checksum = "f".repeat(32);
    expect(states(await verify("--public-key", "signing.pub"))).toMatchObject({
      content: "problem",
    });
    there.checksum = checksum;
    expect(states(await verify("--public-key", "signing.pub"))).toEqual({
      signature: "ok",
      image: "ok",
      content: "ok",
      property: "ok",
    });
  });

  it("finds a mapping that somebody has added: servers boot from it instead of the content", async () => {
    const { properties } = image();
    properties["block_device_mapping"] = JSON.stringify([
      { source_type: "snapshot", snapshot_id: image().id, boot_index: 0 },
    ]);
    const { status, checks } = await verify("--public-key", "signing.pub");
    delete properties["block_device_mapping"];
    expect(status).toBe(7);
    expect(checks.find(({ name }) => name === "content")).toMatchObject({
      state: "problem",
      message: `the statement has snapshots none, the image ${image().id}`,
    });
  });

  it("says that nobody has signed where there was no key", async () => {
    await place.regild("refresh", "data", "--wait");
    const { status, out } = await place.regild("verify", image("data").id);
    expect(out).toContain("nobody has signed the statement: the host had no key");
    expect(out).toContain("Not verified.");
    expect(status).toBe(7);
  });

  it.each([
    ["no.pem", "no.pem cannot be read"],
    ["recipes.yml", "recipes.yml is no public key in PEM"],
    ["rsa.pub", "rsa.pub is a key of type rsa, not Ed25519"],
  ])("--public-key %s: %s", async (file, message) => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    place.write("rsa.pub", rsa.export({ type: "spki", format: "pem" }).toString());
    const { status, err } = await place.regild("verify", image().id, "--public-key", file);
    expect(err).toContain(message);
    expect(status).toBe(2);
  });

  it("a signing key that is none stops a command before anything is made, and quotes nothing of it", async () => {
    env["REGILD_SIGNING_KEY"] = join(place.folder, "recipes.yml");
    const { status, err } = await place.regild("refresh", "web", "--wait");
    delete env["REGILD_SIGNING_KEY"];
    expect(status).toBe(2);
    expect(err).toContain("recipes.yml is no private key in PEM");
    expect(err).toContain("openssl genpkey -algorithm ed25519");
    expect(err).not.toContain("server: web");
  });

  it.each([0o644, 0o640, 0o602])("a signing key of mode %o signs nothing", async (mode) => {
    const file = join(place.folder, "signing.pem");
    chmodSync(file, mode);
    env["REGILD_SIGNING_KEY"] = file;
    const { status, err } = await place.regild("refresh", "web", "--wait");
    delete env["REGILD_SIGNING_KEY"];
    const asPublicKey = await verify("--public-key", "signing.pem");
    chmodSync(file, 0o600);
    expect(status).toBe(2);
    const mode8 = mode.toString(8);
    expect(err).toContain(`holds the key that signs, and others may read it (mode ${mode8})`);
    expect(err).toContain(`chmod 600 ${file}`);
    expect(asPublicKey.status).toBe(0);
  });
});
