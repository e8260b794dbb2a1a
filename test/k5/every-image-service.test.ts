import { describe, expect, it } from "vitest";
import { viewRunReport } from "../../local/view/run-report.ts";
import { HOUR } from "../unit/builders.ts";
import type { SecondZone } from "./k5-cloud.ts";
import { K5Installation } from "./k5-installation.ts";

const SECOND_ZONES: SecondZone[] = ["a region", "an endpoint", "a service"];

describe.each(SECOND_ZONES)("zone 2 is %s of the catalog:", (secondZone) => {
  it("a snapshot that only an image there names is kept", async () => {
    const on = new K5Installation(secondZone);
    const { cloud } = on;
    const snapshotId = "6f0e3a5e-0d0a-4f7a-9a39-2d4f6f1a0c11";
    cloud.snapshots.set(snapshotId, { name: "of an old image", volumeId: on.volumeId });
    const [, second] = cloud.zones;
    const mapping = JSON.stringify([{ snapshot_id: snapshotId }]);
    const properties = { block_device_mapping: mapping };
    const theirs = { name: "theirs", status: "active", size: 0, tags: [], properties };
    second.set("theirs", { id: "theirs", ...theirs });
    await on.refresh();
    await on.markSnapshot(snapshotId);
    await on.idle(3 * HOUR);
    expect(cloud.snapshots.has(snapshotId)).toBe(true);
    second.delete("theirs");
    await on.idle(3 * HOUR);
    expect(cloud.snapshots.has(snapshotId)).toBe(false);
  });

  it("a retired image is deleted there too, where deletes do not travel", async () => {
    const on = new K5Installation(secondZone);
    on.cloud.deletesTravel = false;
    await on.refresh(on.recipe({ keep: 1 }));
    const second = await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(3 * HOUR);
    const id = second.candidate?.id ?? "";
    expect(on.images()).toEqual([[id], [id]]);
    expect((await on.recipeState()).images.map(({ state }) => state)).toEqual(["gone", "current"]);
  });

  it("an image that is left there is not called deleted, also while that zone is down", async () => {
    const on = new K5Installation(secondZone);
    on.cloud.deletesTravel = false;
    await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(60_000);
    on.cloud.down.add(1);
    const run = await on.refresh(on.recipe({ keep: 1 }));
    expect(run.outcome).toBe("succeeded");
    const [old] = (await on.recipeState()).images;
    expect(old).toMatchObject({ state: "deleting" });
    expect(old?.kept?.why).toContain("did not answer");
    on.cloud.down.clear();
    await on.idle(3 * HOUR);
    expect((await on.recipeState()).images[0]?.state).toBe("gone");
    expect(on.images()[1]).toHaveLength(1);
  });

  it("what a failed run has made there is undone before it is said to be", async () => {
    const on = new K5Installation(secondZone);
    on.cloud.deletesTravel = false;
    const reason = { after: 0, key: "sync_status_reason", text: "ERROR:A timeout occurred" };
    on.cloud.plans = [{ seconds: 30, registersAfter: 0, reason }];
    const run = await on.refresh();
    expect(run).toMatchObject({ outcome: "failed", failure: { code: "sync-failed" } });
    await on.idle(3 * HOUR);
    expect(on.images()).toEqual([[], []]);
    const recipeState = await on.recipeState();
    const is = { run, cancelAtMs: null, recipeState, sources: [] };
    expect(viewRunReport(is, on.cloud.nowMs).left).toEqual([]);
  });

  it("and is told as left while that zone does not answer", async () => {
    const on = new K5Installation(secondZone);
    on.cloud.deletesTravel = false;
    const reason = { after: 0, key: "sync_reason_status", text: "ERROR:A timeout occurred" };
    on.cloud.plans = [{ seconds: 30, registersAfter: 0, reason }];
    on.cloud.down.add(1);
    const run = await on.refresh();
    expect(run.outcome).toBe("failed");
    expect(run.leftovers.join()).toContain("did not answer");
    on.cloud.down.clear();
    await on.idle(3 * HOUR);
    expect(on.images()).toEqual([[], []]);
  });
});
