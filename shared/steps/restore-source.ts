import { doomTemporaryParts } from "../image/ledger.ts";
import type { Head } from "../image/head.ts";
import type { Ctx } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import type { Run } from "../run/record.ts";
import { cleared, restore, type Restoring, seeRestoring } from "../source/restore.ts";
import { sourceOf } from "./creations.ts";

interface Seen {
  head: Head;
  restoring: Restoring;
  /** The status of a volume that was uploaded itself: it lags behind the image's. Null: none, or 404. */
  volumeStatus: string | null;
}

type Act = { kind: "start" | "clear" | "doom-temporary-parts" };

/** The image has its content: the source is brought back into the state it was found in. */
export const restoreSource = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const source = sourceOf(run);
  const uploaded =
    run.recipe.capture === "volume" ? await ctx.cloud.volumes.volume(source.id) : null;
  return {
    head: await ctx.head(),
    restoring: source.kind === "server" ? await seeRestoring(ctx, source.id) : { kind: "done" },
    volumeStatus: uploaded?.status ?? null,
  };
}

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  if (doomTemporaryParts(seen.head, run.id) !== null) {
    return {
      kind: "act",
      act: { kind: "doom-temporary-parts" },
      text: "the temporary snapshot and volume are to go",
    };
  }
  if (seen.volumeStatus === "uploading")
    return { kind: "wait", seconds: 2, text: "volume uploading" };
  const { restoring } = seen;
  switch (restoring.kind) {
    case "start":
      return {
        kind: "act",
        act: { kind: "start" },
        text: "starts the server again",
        thenWaitSeconds: 3,
      };
    case "clear":
      return { kind: "act", act: { kind: "clear" }, ...cleared(restoring, nowMs) };
    case "wait":
      return { kind: "wait", seconds: 5, text: restoring.text };
    case "stuck":
      return {
        kind: "fail",
        code: "source-not-restored",
        message: `The server does not run again: ${restoring.text}`,
        remedy: `Mend the server (openstack server show ${sourceOf(run).id}); Regild goes on trying to start it`,
      };
    case "done":
      return { kind: "advance", to: "validate-sync", text: restoredText(run) };
  }
}

function restoredText(run: Run): string {
  if (run.stoppedAtMs === null) return "source as it was found";
  if (run.restoredAtMs === null) return "source deleted meanwhile";
  return `ACTIVE again, was down ${Math.round((run.restoredAtMs - run.stoppedAtMs) / 1000)} s`;
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  if (act.kind === "doom-temporary-parts")
    await ctx.changeHead((head) => doomTemporaryParts(head, run.id));
  else await restore(ctx, sourceOf(run).id, act.kind);
}
