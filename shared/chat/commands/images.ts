import type { InventoryImage } from "../../image/recipe-state.ts";
import { cloudWords } from "../../plain-text.ts";
import type { Reply } from "../platform.ts";
import { type Asked, toUser } from "./command.ts";
import { recipeStateOf } from "./find.ts";
import { ago } from "./phrases.ts";

const SHOWN = 6;

/** The recipe's images, newest first. Deleted ones are left out. */
export async function images({ on }: Asked, recipeName: string): Promise<Reply> {
  const recipeState = await recipeStateOf(on.store, recipeName);
  const there = (recipeState?.images ?? [])
    .filter(({ state }) => state !== "gone")
    .toSorted((a, b) => b.candidateAtMs - a.candidateAtMs);
  if (there.length === 0) return toUser(`${recipeName} has no image yet`);
  const now = on.now();
  const lines = there.slice(0, SHOWN).map((image) => line(image, now));
  const more = there.length - SHOWN;
  if (more > 0) lines.push(`And ${more} older`);
  return toUser(`Images of ${recipeName}`, ...lines);
}

function line({ id, name, state, candidateAtMs }: InventoryImage, now: number): string {
  const shown = state === "deleting" ? "to be deleted" : state;
  return `${cloudWords(name)}: ${shown}, made ${ago(candidateAtMs, now)}. ${id}`;
}
