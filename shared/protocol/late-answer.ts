import { addParts, doom, register } from "../image/ledger.ts";
import { type Intent, type Run, runSchema } from "../run/record.ts";
import { runKey } from "../run/run-id.ts";
import { candidateImage, temporaryParts } from "../run/ledger-entries.ts";
import { load } from "./actor.ts";
import type { Turn } from "./turn.ts";

/**
 * An answer that came, or did not, when others had long taken the run over. What it made is either what they have found
 * by its name, or nobody's: then the ledger dooms it. What it stopped is to run again.
 */
export async function undoLateAnswer(
  turn: Turn,
  intent: Intent,
  made: Partial<Run>,
): Promise<void> {
  const { deps, ctx, run } = turn;
  const now = (await load(deps.store, runKey(run.id), runSchema))?.doc;
  const late: Run = { ...run, candidate: null, snapshot: null, volume: null, ...made };
  const adopted =
    (late.candidate !== null && now?.candidate?.id === late.candidate.id) ||
    (late.snapshot !== null && now?.snapshot?.id === late.snapshot.id) ||
    (late.volume !== null && now?.volume?.id === late.volume.id);
  if (adopted) return;
  if (intent.kind === "stop-server") return owePower(turn);
  const image = candidateImage(late, deps.now());
  if (image !== null) {
    await ctx.changeHead((head) => register(head, image));
    await ctx.changeHead((head) =>
      doom(head, image.id, "made by a create whose run had gone on without it", deps.now()),
    );
  }
  await ctx.changeHead((head) => addParts(head, temporaryParts(late, "doomed", deps.now())));
}

/** The stop arrived after its run had been undone: whoever owns the source now, the server is to run again. */
async function owePower({ ctx, run, deps }: Turn): Promise<void> {
  if (run.source === null) return;
  await ctx.changeSource(run.source.id, (s) => ({
    ...s,
    wishedPower: "ACTIVE",
    wishedAtMs: deps.now(),
    lookAtMs: deps.now(),
  }));
}
