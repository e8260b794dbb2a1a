import { describe, expect, it } from "vitest";
import { found, problemsIn } from "../../local/demo/check-cloud.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import type { Image, Server, Volume } from "../../local/simulated-cloud/resources.ts";

interface Stage {
  cloud: SimulatedCloud;
  current: Image;
  server: Server;
  root: Volume;
}

/** One recipe, `web`, refreshed without fault: its image names the one snapshot there is. */
function refreshed(): Stage & { problems: () => string[] } {
  let number = 0;
  const cloud = new SimulatedCloud({ now: () => 0, random: () => ++number / 1000 });
  const image = cloud.operator.addImage({ name: "debian-12" });
  const root = cloud.operator.addVolume({ name: "root", image });
  const server = cloud.operator.addServer({ name: "web-golden", volumes: [root] });
  const before = found(cloud.world);
  addSnapshot(cloud, "its content", root);
  const current = cloud.operator.addImage({
    name: "web-1",
    tags: ["regild-current-web"],
    properties: { block_device_mapping: '[{"snapshot_id":"its content"}]' },
  });
  const currents = new Map([["web", current.id]]);
  const problems = () => problemsIn(cloud, currents, before);
  return { cloud, current, server, root, problems };
}

function addSnapshot(cloud: SimulatedCloud, id: string, volume: Volume): void {
  cloud.world.snapshots.set(id, {
    id,
    name: `snapshot ${id}`,
    description: null,
    projectId: volume.projectId,
    volumeId: volume.id,
    status: "available",
    sizeGib: 1,
    metadata: {},
    createdAtMs: 0,
    updatedAtMs: 0,
  });
}

describe("what the demo finds in the cloud", () => {
  it("is nothing when the last image alone is current, and the rest is as it was", () => {
    expect(refreshed().problems()).toEqual([]);
  });

  it.each<[string, (stage: Stage) => unknown, RegExp]>([
    ["an old image", ({ cloud }) => cloud.operator.addImage({ name: "web-0" }), /web-0 was left/],
    [
      "a second current image",
      ({ cloud }) => cloud.operator.addImage({ name: "web-0", tags: ["regild-current-web"] }),
      /2 images are tagged/,
    ],
    ["no current image", ({ current }) => (current.tags = []), /0 images are tagged/],
    ["a current image of no use", ({ current }) => (current.status = "queued"), /is queued/],
    [
      "a snapshot of no image",
      ({ cloud, root }) => addSnapshot(cloud, "stray", root),
      /snapshot stray is named by no image/,
    ],
    [
      "an image without its snapshot",
      ({ cloud }) => cloud.world.snapshots.clear(),
      /snapshot its content is gone/,
    ],
    ["a stopped server", ({ server }) => (server.vmState = "stopped"), /web-golden is stopped/],
    ["a busy server", ({ server }) => (server.taskState = "image_uploading"), /image_uploading/],
    ["a busy volume", ({ root }) => (root.status = "uploading"), /root is uploading/],
    [
      "a volume left over",
      ({ cloud }) => cloud.operator.addVolume({ name: "temporary" }),
      /temporary was left/,
    ],
  ])("is %s", (_, spoil, problem) => {
    const { problems, ...stage } = refreshed();
    spoil(stage);
    expect(problems().join("\n")).toMatch(problem);
  });
});
