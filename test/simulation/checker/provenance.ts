import { createHash } from "node:crypto";
import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Item } from "../../../shared/ports.ts";
import { provenanceKey } from "../../../shared/provenance/record.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** What a run promotes has a statement in the store, the one that its image names, and that statement stays. */
export class ProvenanceKept implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  recipeState({ before, now }: Change<RecipeState>): void {
    const { is } = this;
    const isByRun = is.caller?.actor.startsWith("R#") === true;
    const candidates = before?.images.filter(({ state }) => state === "candidate") ?? [];
    for (const { id, state, provenance } of now.images) {
      if (state !== "current" || !isByRun || candidates.every((image) => image.id !== id)) continue;
      const item = is.records.item(provenanceKey(now.recipeName, id));
      const envelope = item === null ? "" : envelopeIn(item.doc);
      const digest = `sha256:${createHash("sha256").update(envelope).digest("hex")}`;
      if (item === null || provenance !== digest)
        is.broken("what becomes current has its statement in the store", id);
    }
  }

  item({ key, version }: Item): void {
    if (key.sk.startsWith("provenance#") && version > 1)
      this.is.broken("a statement is never replaced", key.sk);
  }
}

function envelopeIn(doc: string): string {
  const { envelope }: { envelope: string } = JSON.parse(doc);
  return envelope;
}
