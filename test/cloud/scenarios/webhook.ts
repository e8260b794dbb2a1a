import { expect, it } from "vitest";
import * as z from "zod/mini";
import { standardSignature } from "../../unit/webhook/sign.ts";
import { openProgram, type Program } from "../program.ts";
import type { Stage } from "../stage.ts";
import { expectPrintedSuccess } from "../run-report.ts";
import { makeVolume } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SENDERS = { ci: { scheme: "standard_webhooks", secrets: [SECRET] } };
const WEBHOOK = { sender: "ci", event: "image.ready", when: "branch == 'main'" };

const answerSchema = z.object({ runs: z.array(z.object({ id: z.string() })) });

/** A build system says when, and `regild serve` believes it by its signature alone. */
export function webhookScenarios(stage: Stage): void {
  it("signed by a sender, of the branch that the recipe waits for, and sent twice", async () => {
    await using scene = await stage.scene("signed");
    await makeVolume(scene.cloud, scene.name);
    const recipes = scene.recipes({ volume: scene.name, webhook: WEBHOOK });
    await using regild = openProgram(recipes, { senders: SENDERS });
    await regild.serve();

    expect((await deliver(regild, { branch: "main", secret: OTHER_SECRET })).status).toBe(401);
    expect(await deliver(regild, { branch: "dev" })).toEqual({ status: 200, runs: [] });
    const run = await stage.uploads.during(QUICK, async () => {
      const first = await deliver(regild, { branch: "main", id: "build-1" });
      expect(first).toMatchObject({ status: 202, runs: { length: 1 } });
      expect(await deliver(regild, { branch: "main", id: "build-1" })).toEqual(first);
      return regild.ended(first.runs[0] ?? "");
    });
    expectPrintedSuccess(run);
    expect(run.trigger).toMatchObject({ kind: "webhook", by: "ci" });
    const { images } = await scene.inventory();
    expect(images).toMatchObject([{ status: "active", tags: [`regild-current-${scene.name}`] }]);
  });
}

const OTHER_SECRET = `whsec_${Buffer.from("of somebody who is no sender").toString("base64")}`;

async function deliver(
  regild: Program,
  is: { branch: string; id?: string; secret?: string },
): Promise<{ status: number; runs: string[] }> {
  const { branch, id = `delivery-${branch}`, secret = SECRET } = is;
  const body = JSON.stringify({ type: "image.ready", branch });
  const timestamp = Math.floor(Date.now() / 1000);
  const { status, json } = await regild.post("/webhooks/ci", body, {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": standardSignature(secret, { id, timestamp, body }),
  });
  const runs = answerSchema.safeParse(json).data?.runs ?? [];
  return { status, runs: runs.map((run) => run.id) };
}
