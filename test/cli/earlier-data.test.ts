import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { runDocument } from "../../local/view/run-report.ts";
import { openWorkplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 90_000 });

/**
 * Written by commit 984f881 (schema 1), whose processes were killed while two runs waited for their uploads: one of a
 * server that was stopped for it, one of a volume by way of a snapshot. Both have their message in the queue.
 */
const IN_FLIGHT = fileURLToPath(new URL("../package/in-flight-of-984f881.data", import.meta.url));
const WRITTEN_MS = 1_795_860_890_000;
const SERVER = "c5317275-db8b-4d8c-a77a-14f348a73845";
const VOLUME = "7be3f414-d9de-41d5-a483-0f6d9ba0f2ad";
const RUNS = {
  web: {
    run: "web-20261128-101441-ex57nd",
    id: "a5279005-29fe-4eed-ad07-ffa35f5bbe57",
    name: "web-20261128-peq3mz",
  },
  data: {
    run: "data-20261128-101424-4r4aed",
    id: "4851b7b5-7b90-4795-ae26-21dbfdc198b0",
    name: "data-20261128-mn7bx9",
  },
};
const SNAPSHOT = "a1af8693-a8a1-43a3-a69e-39ffa708a3f2";
const TEMPORARY_VOLUME = "6353bc58-11b1-4962-a392-bfc225894f4f";

const RECIPES = `
recipes:
  web: { cloud: demo, server: web, prepare: { stop_server: true } }
  data: { cloud: demo, volume: data, capture: snapshot }
`;

/** The cloud as it was then, but for the uploads, which have ended meanwhile. */
function asItWas({ world, operator }: SimulatedCloud): void {
  const { servers, volumes, snapshots, firstZone } = world;
  const [server] = servers.values();
  if (server !== undefined) {
    servers.delete(server.id);
    servers.set(SERVER, { ...server, id: SERVER, vmState: "stopped" });
  }
  const [volume] = volumes.values();
  if (volume !== undefined) {
    volumes.delete(volume.id);
    volumes.set(VOLUME, { ...volume, id: VOLUME });
    const { projectId, sizeGib, createdAtMs, updatedAtMs } = volume;
    const times = { createdAtMs, updatedAtMs };
    snapshots.set(SNAPSHOT, {
      id: SNAPSHOT,
      name: "regild-data-d9g61t",
      description: null,
      projectId,
      volumeId: VOLUME,
      status: "available",
      sizeGib,
      metadata: {},
      ...times,
    });
    const temporary = { id: TEMPORARY_VOLUME, name: "regild-data-trkkx1", snapshotId: SNAPSHOT };
    volumes.set(TEMPORARY_VOLUME, { ...volume, ...temporary });
  }
  for (const { id, name } of Object.values(RUNS)) {
    const image = operator.addImage({ name });
    firstZone.images.delete(image.id);
    firstZone.images.set(id, { ...image, id });
  }
}

/** Moves all its times on, as if it had been written just now. */
function writtenNow(file: string): void {
  const passedMs = Date.now() - WRITTEN_MS;
  using db = new DatabaseSync(file);
  const moved = db.prepare(
    "UPDATE item SET doc = ?, sweep_ms = sweep_ms + ? WHERE pk = ? AND sk = ?",
  );
  for (const { pk = "", sk = "", doc } of db.prepare("SELECT pk, sk, doc FROM item").all()) {
    const text = String(doc).replaceAll(/\b1795\d{9}\b/g, (time) =>
      String(Number(time) + passedMs),
    );
    moved.run(text, passedMs, pk, sk);
  }
  db.prepare("UPDATE message SET visible_ms = visible_ms + ?").run(passedMs);
}

describe("a data file of schema 1 with two runs on their way", () => {
  it("is taken over: both runs go on, succeed and leave nothing behind", async () => {
    await using place = await openWorkplace();
    place.write("recipes.yml", RECIPES);
    asItWas(place.cloud);
    const file = join(place.folder, "regild.sqlite");
    copyFileSync(IN_FLIGHT, file);
    writtenNow(file);
    const { world } = place.cloud;

    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said('"serving"');
    const watched = await place.regild("watch", RUNS.web.run, RUNS.data.run);
    expect(watched).toMatchObject({ status: 0 });
    for (const [recipe, { run: name, id }] of Object.entries(RUNS)) {
      const { out } = await place.regild("status", name, "-o", "json");
      const { run } = runDocument.parse(JSON.parse(out));
      expect(run).toMatchObject({ state: "succeeded", image: { id }, left: [] });
      expect(world.firstZone.images.get(id)?.tags).toEqual([`regild-current-${recipe}`]);
    }
    expect(world.servers.get(SERVER)?.vmState).toBe("active");
    expect([...world.snapshots.keys()]).toEqual([]);
    expect([...world.volumes.keys()]).toEqual([VOLUME]);
    using db = new DatabaseSync(file, { readOnly: true });
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: 2 });
  });
});
