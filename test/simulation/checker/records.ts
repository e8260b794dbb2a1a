import type { RecipeState } from "../../../shared/image/recipe-state.ts";
import type { Item, Key } from "../../../shared/ports.ts";
import { type Run } from "../../../shared/run/record.ts";
import { runKey } from "../../../shared/run/run-id.ts";
import type { SourceItem } from "../../../shared/source/item.ts";

/** Documents of one kind, read once for each version. */
class Shelf<Doc> {
  private readonly read = new Map<string, { text: string; doc: Doc }>();
  private readonly items: ReadonlyMap<string, Item>;

  constructor(items: ReadonlyMap<string, Item>) {
    this.items = items;
  }

  /** Without a schema: each commit is read, and the program's own readers check them. */
  open(item: Item): Doc {
    const id = idOf(item.key);
    const known = this.read.get(id);
    if (known !== undefined && known.text === item.doc) return known.doc;
    const doc: Doc = JSON.parse(item.doc);
    this.read.set(id, { text: item.doc, doc });
    return doc;
  }

  /** As the store has it now, whoever put it there. */
  get(key: Key): Doc | null {
    const item = this.items.get(idOf(key));
    return item === undefined ? null : this.open(item);
  }

  all(): Doc[] {
    const found: Doc[] = [];
    for (const id of this.read.keys()) {
      const item = this.items.get(id);
      if (item !== undefined) found.push(this.open(item));
    }
    return found;
  }
}

/** The store's records, read directly. */
export class Records {
  readonly runs: Shelf<Run>;
  readonly recipeStates: Shelf<RecipeState>;
  readonly sources: Shelf<SourceItem>;
  private readonly items: ReadonlyMap<string, Item>;

  constructor(items: ReadonlyMap<string, Item>) {
    this.items = items;
    this.runs = new Shelf(items);
    this.recipeStates = new Shelf(items);
    this.sources = new Shelf(items);
  }

  item(key: Key): Item | null {
    return this.items.get(idOf(key)) ?? null;
  }

  run(id: string): Run | null {
    return this.runs.get(runKey(id));
  }

  recipeState(recipeName: string): RecipeState | null {
    return this.recipeStates.get({ pk: `R#${recipeName}`, sk: "head" });
  }

  source(id: string): SourceItem | null {
    return this.sources.get({ pk: `S#${id}`, sk: "lock" });
  }

  /** The run that has announced this, and not yet written down what came of it. */
  announced(name: string): Run | null {
    return (
      this.runs
        .all()
        .find((run) => run.intent !== null && namesOf(run, run.intent).includes(name)) ?? null
    );
  }
}

/** What an intent, or a create without an answer, may make: the images of several data disks have names of their own. */
export function namesOf(
  { recipe, source }: Pick<Run, "recipe" | "source">,
  { kind, name }: { kind: string; name: string },
): string[] {
  if (kind !== "image-job" || recipe.capture !== "data_disks") return [name];
  return (source?.disks ?? []).map(({ device }) => `${name}-${device}`);
}

export function idOf({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}
