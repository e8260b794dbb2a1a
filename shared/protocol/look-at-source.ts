import { CloudError } from "../openstack/errors.ts";
import { restore, seeRestoring } from "../source/restore.ts";
import type { SourceItem } from "../source/item.ts";
import type { Actor } from "./actor.ts";
import type { Deps } from "./step.ts";
import { contextFor } from "./turn.ts";

const RETRY_MS = 60_000;
const STUCK_RETRY_MS = 15 * 60_000;

/** A run ended before its server ran again: the wish stands here until it is fulfilled. A run that owns the source sees to it itself. */
export async function lookAtSource(deps: Deps, actor: Actor<SourceItem>): Promise<void> {
  const { id, cloud, region, owner, wishedPower } = actor.doc;
  if (owner !== null || wishedPower === null) return;
  const ctx = contextFor(deps, { recipeName: "", home: "", cloud, region });
  let nextLookMs = RETRY_MS;
  try {
    const seen = await seeRestoring(ctx, id);
    if (seen.kind === "start" || seen.kind === "clear") await restore(ctx, id, seen.kind);
    if (seen.kind === "stuck") nextLookMs = STUCK_RETRY_MS;
    deps.log.info("server to be started again", { server: id, seen: seen.kind });
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    deps.log.warn("server could not be started yet", { server: id, reason: error.message });
  }
  await ctx.changeSource(id, (s) =>
    s.owner === null && s.wishedPower !== null ? { ...s, lookAtMs: deps.now() + nextLookMs } : null,
  );
}
