import type { Head } from "../../../shared/image/head.ts";
import type { Case, Rule } from "./rule.ts";

/** Once nothing is due any more, the cloud holds what the ledger keeps, as the ledger has it, and nothing else of ours. */
export class AtTheEnd implements Rule {
  private readonly is: Case;
  private readonly thrown: () => ReadonlyArray<{ actor: string; error: unknown }>;

  constructor(is: Case, thrown: () => ReadonlyArray<{ actor: string; error: unknown }>) {
    this.is = is;
    this.thrown = thrown;
  }

  end(): void {
    const { is } = this;
    const heads = is.records.heads.all();
    const images = heads.flatMap((h) => h.images);
    const named = [...is.cloud.world.firstZone.images.values()]
      .map((image) => image.properties["block_device_mapping"] ?? "")
      .join();
    for (const { kind, id, name } of is.things.ours()) {
      if (is.touched(id)) continue;
      const state = images.find((i) => i.id === id)?.state;
      if (kind === "image" && state !== "current" && state !== "retired")
        is.broken("no image is left that is not kept", `${name} ${id}: ${state ?? "unknown"}`);
      if (kind === "snapshot" && !named.includes(id))
        is.broken("no snapshot is left that no image names", `${name} ${id}`);
      if (kind === "volume") is.broken("no temporary volume is left", `${name} ${id}`);
    }
    for (const head of heads) this.shown(head);
    for (const { actor, error } of this.thrown()) {
      if (!isOfTheStore(error))
        is.broken("weather is a wait, and nothing else throws", `${actor}: ${String(error)}`);
    }
  }

  private shown(head: Head): void {
    const { is } = this;
    const images = is.cloud.world.firstZone.images;
    const tag = `regild-current-${head.recipeName}`;
    const tagged = [...images.values()].filter((i) => i.tags.includes(tag)).map((i) => i.id);
    const wanted = head.current !== null && images.has(head.current) ? [head.current] : [];
    const untouched = [...tagged, ...wanted].every((id) => !is.touched(id));
    if (untouched && tagged.join() !== wanted.join())
      is.broken(
        "the cloud shows what the pointer names",
        `${tag}: ${tagged.join()}, pointer ${head.current ?? "none"}`,
      );
    for (const { id, state } of head.images) {
      const image = images.get(id);
      if (image === undefined || is.touched(id)) continue;
      if (state === "retired" && !image.hidden) is.broken("retired images are hidden", id);
      if (state === "current" && image.hidden) is.broken("the current image is not hidden", id);
    }
  }
}

/** A store that does not answer, and a message that is ahead of its record, come again. */
function isOfTheStore(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.message.startsWith("store:") ||
      error.name === "NotThereYet" ||
      error.message.includes("has no version"))
  );
}
