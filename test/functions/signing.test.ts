import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { start } from "../../shared/protocol/start.ts";
import type { Attestation } from "../../shared/provenance/attestation.ts";
import { envelopeSchema, isSignedBy } from "../../shared/provenance/dsse.ts";
import { provenanceSchema } from "../../shared/provenance/record.ts";
import { storedSigningKey } from "../../shared/provenance/stored-key.ts";
import type { Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { recipe } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const PAIR = generateKeyPairSync("ed25519");
const PEM = String(PAIR.privateKey.export({ type: "pkcs8", format: "pem" }));

let on: Installation;
let run: string;
beforeEach(async () => {
  on = new Installation();
  const base = on.cloud.operator.addImage({ name: "base" });
  on.cloud.operator.addServer({ name: "web-golden", image: base });
  const web = recipe();
  on.recipes.set("web", web);
  const trigger = { kind: "command", by: "anna", id: "1" } as const;
  run = await start(on.backend, on.backend.installationId, web, trigger);
});

/** Goes on until the run ends, or until a worker fails. */
async function work(key: Attestation["key"]): Promise<Run> {
  on.backend.attestation = { version: "1.0.0", key };
  for (let round = 0; round < 200 && (await on.run(run)).outcome === null; round++) {
    on.nowMs = Math.max(on.nowMs, (await on.run(run)).reconcileAtMs) + 1;
    const { key, version } = await on.item(runKey(run));
    await reconcile(on.backend, refresh, { key, version });
  }
  return on.run(run);
}

async function envelopes() {
  const { items } = await on.store.range("R#web", "provenance#", 10);
  return items.map(({ doc }) =>
    envelopeSchema.parse(JSON.parse(provenanceSchema.parse(JSON.parse(doc)).envelope)),
  );
}

describe("the statement of an image", () => {
  it("is signed with the key that is read for it", async () => {
    expect(await work(async () => storedSigningKey(PEM))).toMatchObject({ outcome: "succeeded" });
    const [envelope, ...others] = await envelopes();
    expect(envelope && isSignedBy(envelope, PAIR.publicKey)).toBe(true);
    expect(others).toEqual([]);
  });

  it("is not signed without a key", async () => {
    expect(await work(async () => storedSigningKey(""))).toMatchObject({ outcome: "succeeded" });
    expect(await envelopes()).toMatchObject([{ signatures: [] }]);
  });

  it("is not made while the key cannot be read: no image becomes current without its signature", async () => {
    const denied = work(async () => {
      throw new Error("AccessDeniedException");
    });
    await expect(denied).rejects.toThrow("AccessDeniedException");
    expect(await envelopes()).toEqual([]);
    expect(await on.run(run)).toMatchObject({ step: "promote-image", promoted: false });
    expect((await on.recipeState("web")).current).toBeNull();
    expect(await work(async () => storedSigningKey(PEM))).toMatchObject({ outcome: "succeeded" });
    expect(await envelopes()).toMatchObject([{ signatures: [{ keyid: expect.any(String) }] }]);
  });
});

describe("a stored text that is no key says so, and nothing of itself", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
  it.each([
    ["no PEM", "s3cr3t", "is no private key in PEM"],
    ["blanks", " \n", "is no private key in PEM"],
    [
      "the public part",
      String(PAIR.publicKey.export({ type: "spki", format: "pem" })),
      "is no private key in PEM",
    ],
    [
      "a key of another kind",
      String(rsa.export({ type: "pkcs8", format: "pem" })),
      "is a key of type rsa, not Ed25519",
    ],
    ["a damaged key", PEM.replace("M", "-"), "is no private key in PEM"],
  ])("%s", (_what, text, why) => {
    const told = `what is stored as signing.pem ${why}. Make one: openssl genpkey -algorithm ed25519`;
    expect(() => storedSigningKey(text)).toThrow(new Error(told));
  });
});
