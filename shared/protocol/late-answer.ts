import { addResources } from "../image/backing-resources.ts";
import { markForDeletion, register } from "../image/inventory.ts";
import { type Intent, type Run, runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { candidateImage, temporaryResources } from "../run/created-by-run.ts";
import { load } from "./actor.ts";
import type { Session } from "./session.ts";

/**
 * Handles an answer that arrives after another worker took the run over. The created resource is either the one that
 * worker found by its name, or an extra one: that one is marked for deletion. A server that was stopped late is started.
 */
export async function undoLateAnswer(
  session: Session,
  intent: Intent,
  created: Partial<Run>,
): Promise<void> {
  const { deps, ctx, run } = session;
  // The worker that took over asks again, under the same name.
  if (intent.kind === "export-image") return;
  const now = (await load(deps.store, runKey(run.id), runSchema))?.doc;
  const late: Run = {
    ...run,
    candidate: null,
    snapshot: null,
    volume: null,
    testServer: null,
    savedDisk: null,
    ...created,
  };
  const adopted =
    (late.candidate !== null && now?.candidate?.id === late.candidate.id) ||
    (late.snapshot !== null && now?.snapshot?.id === late.snapshot.id) ||
    (late.savedDisk !== null && now?.savedDisk?.id === late.savedDisk.id) ||
    (late.volume !== null && now?.volume?.id === late.volume.id) ||
    (late.testServer !== null && now?.testServer?.id === late.testServer.id);
  if (adopted) return;
  if (intent.kind === "stop-server") return requestPower(session, intent);
  const image = candidateImage(late, deps.now());
  if (image !== null) {
    await ctx.changeRecipeState((recipeState) => register(recipeState, image));
    await ctx.changeRecipeState((recipeState) =>
      markForDeletion(
        recipeState,
        image.id,
        "made by a create whose run had gone on without it",
        deps.now(),
      ),
    );
  }
  await ctx.changeRecipeState((recipeState) =>
    addResources(
      recipeState,
      temporaryResources(
        { ...late, snapshot: late.savedDisk ?? late.snapshot },
        "deleting",
        deps.now(),
      ),
    ),
  );
}

/** The stop arrived after its run was undone. The server must run again, whichever run owns the source now. */
async function requestPower({ ctx, run, deps }: Session, intent: Intent): Promise<void> {
  if (run.source === null) return;
  await ctx.changeSource(intent.serverId ?? run.source.id, (s) => ({
    ...s,
    wishedPower: "ACTIVE",
    wishedAtMs: deps.now(),
    reconcileAtMs: deps.now(),
  }));
}
