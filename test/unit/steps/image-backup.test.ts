import { describe, expect, it } from "vitest";
import type { Backup } from "../../../shared/backups.ts";
import { decideImageBackup } from "../../../shared/steps/image-backup.ts";
import { backup, MINUTE, NOW, recipe, recipeState, resource, run } from "../builders.ts";

const RECORDED = resource({ kind: "backup", id: "backup-1", imageId: "image-new", state: "kept" });

function decide(seen: Backup | null, is: { recorded?: boolean; sinceMs?: number } = {}) {
  const { recorded = true, sinceMs = MINUTE } = is;
  const of = run({
    recipe: recipe({ capture: "full_server", vaultId: "vault-1" }),
    step: "check-status",
    stepSinceMs: NOW - sinceMs,
  });
  const state = recipeState({ resources: recorded ? [RECORDED] : [] });
  return decideImageBackup(of, "image-new", { backup: seen, recipeState: state }, NOW);
}

describe("the backup of an active full-server image", () => {
  it("is written into the inventory before anything else is made of it", () => {
    expect(decide(backup(), { recorded: false })).toMatchObject({
      kind: "act",
      act: { kind: "register-backup", imageId: "image-new", backupId: "backup-1" },
    });
  });

  it("is complete once it is available", () => {
    expect(decide(backup())).toBeNull();
  });

  it.each(["protecting", "waiting_protect", "restoring", "never-heard-of"])(
    "is waited for while it is %s",
    (status) => {
      expect(decide(backup({ status }))).toMatchObject({ kind: "wait", text: `backup ${status}` });
    },
  );

  it.each(["error", "deleting", "waiting_delete"])("that is %s fails the run", (status) => {
    expect(decide(backup({ status }))).toMatchObject({
      kind: "fail",
      code: "backup-failed",
      message: `Backup backup-1, which image image-new is made of, is ${status}`,
    });
  });

  it("that somebody has deleted fails the run", () => {
    expect(decide(null)).toMatchObject({
      kind: "fail",
      message: "Backup backup-1, which image image-new is made of, was deleted",
    });
  });

  it("that CBR does not show is waited for, for ten minutes", () => {
    const unknown = (sinceMs: number) => decide(null, { recorded: false, sinceMs });
    expect(unknown(10 * MINUTE - 1)).toMatchObject({ kind: "wait" });
    expect(unknown(10 * MINUTE)).toMatchObject({ kind: "fail", code: "backup-failed" });
  });

  it("is looked at less and less often", () => {
    const gap = (sinceMs: number) => {
      const decision = decide(backup({ status: "protecting" }), { sinceMs });
      return decision?.kind === "wait" ? decision.seconds : null;
    };
    expect([gap(0), gap(MINUTE), gap(60 * MINUTE)]).toEqual([5, 20, 120]);
  });
});
