import { describe, expect, it } from "vitest";
import { planCleanUp } from "../../shared/clean-up/plan.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import { contextFor } from "../../shared/protocol/session.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { sourceKey } from "../../shared/source/item.ts";
import { seePutBack } from "../../shared/source/put-back.ts";
import { byHand, type SavedDisk } from "../../shared/source/saved-disk.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { HOUR, MINUTE, NOW, savedDisk, snapshot, sourceItem } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

/** A server without a run, whose disk is to be put back. */
function withDisks(on: Installation, ...disks: Array<Partial<SavedDisk>>): string[] {
  const image = on.cloud.operator.addImage({ name: "base" });
  return disks.map((is, nth) => {
    const volume = on.cloud.operator.addVolume({ name: `app-data-${nth}` });
    const server = on.cloud.operator.addServer({ name: `app-${nth}`, image, volumes: [volume] });
    const item = sourceItem({
      id: server.id,
      owner: null,
      wishedPower: "ACTIVE",
      wishedAtMs: on.nowMs,
      savedDisk: savedDisk({ volumeId: volume.id, ...is }),
      reconcileAtMs: on.nowMs,
    });
    on.put(sourceKey(server.id), item, 1, { sweepAtMs: on.nowMs });
    return server.id;
  });
}

describe("a disk that is not put back yet", () => {
  it("is looked at less often the longer its volume stays as it is", async () => {
    const on = new Installation();
    withDisks(on, {});
    for (const volume of on.cloud.world.volumes.values()) volume.status = "detaching";
    const looks: number[] = [];
    for (let minute = 0; minute < 600; minute++) {
      on.nowMs += MINUTE;
      on.sent.length = 0;
      await sweep(on.backend);
      for (const { request } of on.sent) {
        looks.push(minute);
        await reconcile(on.backend, refresh, request, new Map());
      }
    }
    expect(looks.slice(0, 3)).toEqual([0, 1, 2]);
    expect(looks.filter((minute) => minute >= 300).length).toBeLessThan(25);
  });

  it("is found behind another server's disk that is done", async () => {
    const on = new Installation();
    const [first = "", second = ""] = withDisks(
      on,
      { stage: "watched", lateDetachUntilMs: on.nowMs + HOUR },
      {},
    );
    const of = {
      recipeName: "web",
      installationId: "home01home02",
      cloud: "mycloud",
      region: null,
    };
    const ctx = contextFor(on.backend, of);
    for (const servers of [
      [{ id: first }, { id: second }],
      [{ id: second }, { id: first }],
    ])
      expect(await seePutBack(ctx, servers, null)).toMatchObject({
        serverId: second,
        next: { kind: "clear" },
      });
    expect(await seePutBack(ctx, [{ id: first }], null)).toMatchObject({ next: { kind: "done" } });
  });

  it.each(["unused", "dropped"] as const)(
    "is as it was before its guest was asked: only the snapshot is left (%s)",
    (stage) => {
      expect(byHand(savedDisk({ stage }), "server-1")).toBe(
        "snapshot s1 of volume v still has to be deleted; the volume is as it was",
      );
    },
  );

  it("needs its snapshot: a clean-up says so", () => {
    const plan = (savedDisks: Array<SavedDisk & { serverId: string }>) =>
      planCleanUp(
        {
          here: { cloud: "mycloud", region: null },
          installationId: "home01home02",
          recipes: [],
          images: [],
          snapshots: [snapshot({ id: "s1", name: "regild-web-abc123" })],
          users: { volumes: [], namedBy: new Map(), unread: null, images: [] },
          savedDisks,
          withOthers: true,
        },
        NOW,
      );
    expect(plan([])).toMatchObject([{ fate: "report", why: "not made by Regild" }]);
    expect(plan([{ ...savedDisk(), serverId: "server-1" }])).toMatchObject([
      {
        fate: "report",
        why: "needed: Regild puts volume app-data of server server-1 back to it",
      },
    ]);
  });
});
