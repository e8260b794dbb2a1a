import { describe, expect, it } from "vitest";
import type { HttpResponse } from "../../shared/ports.ts";
import { recipe, SECOND } from "../unit/builders.ts";
import { ended } from "./ended.ts";
import { Installation } from "./installation.ts";

/** Answers as the compute API's document has it for microversion 2.44: accepted, and the image is named nowhere. */
const NAMELESS: Partial<HttpResponse> = { headers: {}, text: "" };

function stage(chosenImageIds: Installation["cloud"]["settings"]["chosenImageIds"]) {
  const on = new Installation();
  Object.assign(on.cloud.settings, { uploadSeconds: () => 5, chosenImageIds });
  const image = on.cloud.operator.addImage({ name: "debian-12" });
  const volumes = [on.cloud.operator.addVolume({ name: "data" })];
  const server = on.cloud.operator.addServer({ name: "web", image });
  on.onAnswer = ({ method, body = "" }, answer) => {
    const isCreate = method === "POST" && /createImage|os-volume_upload_image/.test(body);
    return isCreate && answer.kind === "response" ? { ...answer, ...NAMELESS } : answer;
  };
  return { on, server, volume: volumes[0] };
}

/** From the request for the image until the run knows the image. */
function seconds(run: Awaited<ReturnType<typeof ended>>): number {
  const done = run.timeline.find(({ step }) => step === "check-status");
  return ((done?.atMs ?? Infinity) - (run.candidate?.askedAtMs ?? 0)) / SECOND;
}

describe("an image that is asked for by its id, and that the accepting answer does not name", () => {
  it("is known at once: of a server", async () => {
    const { on, server } = stage("kept");
    const of = recipe({ source: { kind: "server", idOrName: server.id } });
    const run = await ended(on, of, "anna 1");
    expect(run).toMatchObject({ outcome: "succeeded" });
    expect(seconds(run)).toBeLessThan(10);
    expect(on.requestsTo(/^POST .*\/action$/)).toHaveLength(1);
  });

  it("is known at once: of a volume", async () => {
    const { on, volume } = stage("kept");
    const source = { kind: "volume", idOrName: volume?.id ?? "" } as const;
    const run = await ended(on, recipe({ source, capture: "volume" }), "anna 1");
    expect(run).toMatchObject({ outcome: "succeeded" });
    expect(seconds(run)).toBeLessThan(10);
    expect([...on.cloud.world.firstZone.images.values()]).toHaveLength(2);
  });

  it("is found by its name, later, where the cloud ignores the id", async () => {
    const { on, server } = stage("ignored");
    const of = recipe({ source: { kind: "server", idOrName: server.id } });
    const run = await ended(on, of, "anna 1");
    expect(run).toMatchObject({ outcome: "succeeded" });
    expect(seconds(run)).toBeGreaterThan(60);
    expect([...on.cloud.world.firstZone.images.values()]).toHaveLength(2);
  });
});
