import type { Ctx } from "../context.ts";
import type { Head, LateTry } from "./head.ts";
import { addParts, doom, imageOf, newCandidate, register } from "./ledger.ts";

export interface Made {
  kind: "image" | "snapshot" | "volume";
  id: string;
}

type Try = Pick<LateTry, "kind" | "name">;

/**
 * What a try has made, found by the name it was created under: the only mark that Nova, Cinder and every old cloud
 * carry from the request on. Names hold a try id, so nobody else has them; times are not compared, as clocks differ.
 */
export async function findMade(ctx: Ctx, { kind, name }: Try): Promise<Made | null> {
  if (kind === "create-image" || kind === "upload-image") {
    const [image] = await ctx.cloud.images.named(name);
    return image === undefined ? null : { kind: "image", id: image.id };
  }
  const { volumes } = ctx.cloud;
  const list = kind === "create-snapshot" ? await volumes.snapshots() : await volumes.volumes();
  const made = list.find((thing) => thing.name === name);
  return made === undefined
    ? null
    : { kind: kind === "create-snapshot" ? "snapshot" : "volume", id: made.id };
}

/** A thing that a try made after its run had gone on without it: written down as doomed, unless the run has taken it after all. */
export function doomMade(head: Head, made: Made, by: LateTry, nowMs: number): Head | null {
  const { run, tryId, where, name } = by;
  if (made.kind !== "image") {
    return addParts(head, [
      {
        kind: made.kind,
        id: made.id,
        run,
        imageId: null,
        where,
        state: "doomed",
        sinceMs: nowMs,
        refusedAtMs: null,
        why: null,
      },
    ]);
  }
  if (imageOf(head, made.id) !== undefined) return null;
  const entry = newCandidate({ id: made.id, name, run, tryId, where, sizeBytes: null }, nowMs);
  const registered = register(head, entry) ?? head;
  return doom(registered, made.id, "made by a create that nobody answered", nowMs);
}

/** Looks grow apart with the age of the try. */
export function afterLateLook(head: Head, late: LateTry, found: boolean, nowMs: number): Head {
  const others = head.lateTries.filter((t) => t.tryId !== late.tryId);
  if (found || nowMs >= late.untilMs) return { ...head, lateTries: others };
  const gapMs = Math.max(60_000, (nowMs - late.atMs) / 2);
  return { ...head, lateTries: [...others, { ...late, nextLookAtMs: Math.ceil(nowMs + gapMs) }] };
}
