import { describe, expect, it } from "vitest";
import type { SimulatedCloud } from "../../../local/simulated-cloud/cloud.ts";
import { CREATE_IMAGE, MINUTE, scenario, SECOND, type Scenario, STOP } from "./scenario.ts";

const RECIPE = "volume: app-data, prepare: { wait_for_shutoff: 10m, restore: snapshot }";
const START = /POST \S+ os-start/;
const SNAPSHOT = /POST \S+\/snapshots /;
const UPLOAD = /POST \S+ os-volume_upload_image/;
const DETACH = /DELETE \S+\/os-volume_attachments\//;
const ATTACH = /POST \S+\/os-volume_attachments/;
const REVERT = /POST \S+ revert/;

function addApp({ operator }: SimulatedCloud): void {
  const image = operator.addImage({ name: "app-base" });
  const volume = operator.addVolume({ name: "app-data" });
  volume.content = "as found";
  operator.addServer({ name: "app", image, volumes: [volume] });
}

function disk(s: Scenario) {
  const found = [...s.cloud.world.volumes.values()].find(({ name }) => name === "app-data");
  if (found === undefined) throw new Error("app-data is gone");
  return found;
}

const isWaiting = (s: Scenario) =>
  s.run()?.timeline.some(({ text }) => text === "waits for app to power itself off") === true;

/** The guest prepares its disk, and powers itself off so long after the run has begun to wait for it. */
function preparesItself(s: Scenario, afterMs = MINUTE): void {
  let isAsked = false;
  s.always(() => {
    if (isAsked || !isWaiting(s)) return;
    isAsked = true;
    disk(s).content = "half prepared";
    s.after(afterMs, () => {
      disk(s).content = "prepared";
      s.server("app").vmState = "stopped";
    });
  });
}

const opened = async (options: Parameters<typeof scenario>[0] = {}) =>
  scenario({ recipe: RECIPE, prepare: addApp, ...options });

function expectAsFound(s: Scenario): void {
  const { content, status, attachments } = disk(s);
  expect({ content, status }).toEqual({ content: "as found", status: "in-use" });
  expect(attachments.map(({ device }) => device)).toEqual(["/dev/vdb"]);
  expect(s.server("app").vmState).toBe("active");
  expect(s.snapshots()).toEqual([]);
}

describe("a disk that is put back after its image", () => {
  it("is saved while its server is off, prepared, uploaded, and then as it was", async () => {
    const s = await opened();
    preparesItself(s);
    let uploaded: string | undefined;
    let isSavedLive = false;
    s.always(() => {
      if (s.run()?.intent?.kind === "upload-image") uploaded ??= disk(s).content;
      if (s.run()?.intent?.kind === "save-disk") isSavedLive ||= s.server("app").vmState === "active";
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect({ uploaded, isSavedLive }).toEqual({ uploaded: "prepared", isSavedLive: false });
    expectAsFound(s);
    expect([STOP, SNAPSHOT, START, DETACH, UPLOAD, REVERT, ATTACH].map((call) => s.sent(call))).toEqual([
      1, 1, 2, 1, 1, 1, 1,
    ]);
  });
});
