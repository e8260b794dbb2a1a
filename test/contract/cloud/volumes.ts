import { beforeAll, expect, it } from "vitest";
import * as z from "zod/mini";
import { itWithOperator } from "../needs-operator.ts";
import { idIn, type Stage } from "../stage.ts";

/** Volumes and their snapshots. */
export function volumesContract(stage: Stage): void {
  let volumeId = "";
  let inUseId = "";
  beforeAll(async () => {
    volumeId = await stage.makeVolume(stage.name("plain"));
    const made = await stage.makeVolumeServer(stage.name("holder"));
    inUseId = made.bootVolumeId;
  });

  it("a snapshot of a volume in use wants force below 3.66, and refuses a false one from then on", async () => {
    const snapshot = { volume_id: inUseId, name: stage.name("in-use") };
    const plain = await stage.volume("POST", "/snapshots", { snapshot });
    expect(plain.status).toBe(400);
    expect(plain.json).toMatchObject({
      badRequest: {
        message: `Invalid volume: Volume ${inUseId} status must be available, but current status is: in-use.`,
      },
    });
    const forced = await stage.volume("POST", "/snapshots", {
      snapshot: { ...snapshot, force: true },
    });
    expect(forced.status).toBe(202);
    const implied = await stage.volume("POST", "/snapshots", { snapshot }, "3.66");
    expect(implied.status).toBe(202);
    const refused = { snapshot: { ...snapshot, force: false } };
    expect((await stage.volume("POST", "/snapshots", refused, "3.66")).status).toBe(400);
    await stage.untilStatus("snapshot", idIn(forced, "snapshot"), "available");
    await stage.untilStatus("snapshot", idIn(implied, "snapshot"), "available");
  });

  it("a snapshot keeps its metadata, and a volume made from it keeps what an image would inherit", async () => {
    const snapshot = { volume_id: volumeId, name: stage.name("sn"), metadata: { k: "v" } };
    const answer = await stage.volume("POST", "/snapshots", { snapshot });
    expect(answer.status).toBe(202);
    const snapshotId = idIn(answer, "snapshot");
    expect(await stage.untilStatus("snapshot", snapshotId, "available")).toMatchObject({
      name: stage.name("sn"),
      volume_id: volumeId,
      size: 1,
      metadata: { k: "v" },
    });
    const kept = await stage.volume("DELETE", `/volumes/${volumeId}`);
    expect(kept.status).toBe(400);
    expect(kept.json).toMatchObject({
      badRequest: { message: expect.stringContaining("have snapshots") },
    });

    const volume = { snapshot_id: snapshotId, name: stage.name("of-sn"), metadata: { m: "1" } };
    const created = await stage.volume("POST", "/volumes", { volume });
    expect(created.status).toBe(202);
    const copyId = idIn(created, "volume");
    const copy = await stage.untilStatus("volume", copyId, "available");
    expect(copy).toMatchObject({
      snapshot_id: snapshotId,
      size: 1,
      bootable: "true",
      metadata: { m: "1" },
      attachments: [],
      volume_image_metadata: { image_id: stage.baseImageId },
    });
    expect((await stage.volume("DELETE", `/volumes/${copyId}`)).status).toBe(202);
    await stage.untilGone("volume", copyId);
    expect((await stage.volume("DELETE", `/snapshots/${snapshotId}`)).status).toBe(202);
    await stage.untilGone("snapshot", snapshotId);
  });

  it("lists page by absolute links, and pass names and status through as filters", async () => {
    const names = z.object({
      snapshots: z.array(z.object({ id: z.string(), name: z.string() })),
      snapshots_links: z.optional(z.array(z.object({ rel: z.literal("next"), href: z.string() }))),
    });
    const wanted = stage.name("page");
    for (let twice = 0; twice < 2; twice += 1) {
      const snapshot = { volume_id: volumeId, name: wanted };
      const id = idIn(await stage.volume("POST", "/snapshots", { snapshot }), "snapshot");
      await stage.untilStatus("snapshot", id, "available");
    }
    const path = `/snapshots/detail?name=${wanted}&limit=1`;
    const first = names.parse((await stage.volume("GET", path)).json);
    expect(first.snapshots).toHaveLength(1);
    const next = new URL(first.snapshots_links?.[0]?.href ?? "");
    expect(next.searchParams.get("marker")).toBe(first.snapshots[0]?.id);
    const second = names.parse((await stage.volume("GET", `/snapshots/detail${next.search}`)).json);
    expect(second.snapshots).toHaveLength(1);
    expect(second.snapshots[0]?.id).not.toBe(first.snapshots[0]?.id);

    const none = await stage.volume("GET", `/volumes/detail?name=${stage.name("nobody")}`);
    expect(none.json).toEqual({ volumes: [] });
  });

  it("messages came with 3.3", async () => {
    expect((await stage.volume("GET", "/messages", undefined, "3.3")).status).toBe(200);
    expect((await stage.volume("GET", "/messages")).status).toBe(404);
  });

  itWithOperator(
    stage,
    "a snapshot quota used up refuses a snapshot with 413 and Retry-After: 0",
    async (operator) => {
      const owned = await stage.list("volume", "/snapshots", "snapshots");
      const usual = await stage.snapshotQuota();
      try {
        await operator.volumeQuota(stage.raw.projectId, { snapshots: owned.length });
        const snapshot = { volume_id: volumeId, name: stage.name("quota") };
        const answer = await stage.volume("POST", "/snapshots", { snapshot });
        expect(answer.status).toBe(413);
        expect(answer.headers["retry-after"]).toBe("0");
        expect(answer.json).toMatchObject({
          overLimit: {
            code: 413,
            message: expect.stringMatching(/^SnapshotLimitExceeded/u),
            retryAfter: "0",
          },
        });
      } finally {
        await operator.volumeQuota(stage.raw.projectId, { snapshots: usual });
      }
    },
  );
}
