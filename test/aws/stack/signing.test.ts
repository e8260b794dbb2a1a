import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { STEPS } from "../../../deploy/names.ts";
import { demoRecipes } from "../../../local/demo/demo-recipes.ts";
import { envelopeSchema, isSignedBy } from "../../../shared/provenance/dsse.ts";
import { provenanceSchema } from "../../../shared/provenance/record.ts";
import { startRun, untilRun } from "./demo-runs.ts";
import { openDemoStack } from "./demo-stage.ts";

const PAIR = generateKeyPairSync("ed25519");
const PEM = String(PAIR.privateKey.export({ type: "pkcs8", format: "pem" }));

let stage: Awaited<ReturnType<typeof openDemoStack>>;
let signingKey: string | undefined;
beforeEach(async () => {
  signingKey = undefined;
  stage = await openDemoStack({
    packagedRecipes: [...demoRecipes().values()],
    signingKey: () => signingKey,
  });
  stage.stack.stopSchedules();
});
afterEach(() => stage[Symbol.asyncDispose]());

/** Of the one image that a run has made. */
async function envelopeAfterRun() {
  const id = await startRun(stage, "web");
  await untilRun(stage, id, ({ outcome }) => outcome === "succeeded");
  const { items } = await stage.backend.store.range("R#web", "provenance#", 10);
  expect(items).toHaveLength(1);
  const { envelope } = provenanceSchema.parse(JSON.parse(items[0]?.doc ?? ""));
  return envelopeSchema.parse(JSON.parse(envelope));
}

it("the stack signs the statement of an image with the stored key, and logs nothing of it", async () => {
  signingKey = PEM;
  expect(isSignedBy(await envelopeAfterRun(), PAIR.publicKey)).toBe(true);
  expect(stage.stack.troubles).toEqual([]);
  const [, secret = ""] = PEM.split("\n");
  for (const step of STEPS)
    expect(stage.stack.function(step).logs.join("\n")).not.toContain(secret);
});

it("without a stored key the stack works as well, and signs nothing", async () => {
  expect((await envelopeAfterRun()).signatures).toEqual([]);
  expect(stage.stack.troubles).toEqual([]);
  const logged = stage.stack.function("promote-image").logs.join("\n");
  expect(logged).toContain("statements of images are not signed");
});
