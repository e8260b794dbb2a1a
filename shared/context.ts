import type * as z from "zod/mini";
import type { Transfers } from "./image/transfers.ts";
import type { RecipeState } from "./image/recipe-state.ts";
import type { ApiCall, Cloud, CloudRef, Image } from "./cloud-ports.ts";
import type { Ids, Key, Store, Timing } from "./ports.ts";
import type { Attestation } from "./provenance/attestation.ts";
import type { Uploads } from "./run/uploads.ts";
import type { SourceItem } from "./source/item.ts";

/** What a worker reconciles one record with: its cloud, its recipe state, its sources. */
export interface Ctx {
  now(): number;
  timing: Timing;
  store: Store;
  ids: Ids;
  cloud: Cloud;
  /** Another entry of clouds.yaml, for an image service that a zone names. */
  openCloud(ref: CloudRef): Cloud;
  /** The calls made since the last commit, the timeline's evidence. */
  calls: ApiCall[];
  /** Images that one list call for a whole batch has answered already. */
  listed: ReadonlyMap<string, Image>;
  recipeState(): Promise<RecipeState>;
  /** @returns the recipe state as it stands after the change, or after the refusal to change it (`null`). */
  changeRecipeState(change: (recipeState: RecipeState) => RecipeState | null): Promise<RecipeState>;
  source(id: string): Promise<SourceItem | null>;
  /** The uploads on the cloud and region. */
  changeUploads(on: CloudRef, change: (uploads: Uploads) => Uploads | null): Promise<Uploads>;
  /** Who signs what made an image. Absent: nobody. */
  attestation?: Attestation | undefined;
  /** What this process sends by itself. Absent: it may end with any answer, so it sends nothing. */
  transfers?: Transfers | undefined;
  /** Stores a record that nobody changes. @returns the first one that was stored under this key. */
  keepFirst<Doc>(key: Key, schema: z.ZodMiniType<Doc>, doc: Doc): Promise<Doc>;
  changeSource(id: string, change: (source: SourceItem) => SourceItem | null): Promise<SourceItem>;
}

export interface Problem {
  /** A stable word. */
  code: string;
  message: string;
  /** What to do, a sentence. */
  remedy: string;
  /** Who cancelled the run. */
  cancel?: { by: string; atMs: number } | null;
}
