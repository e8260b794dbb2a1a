import type { Inventory } from "../support.ts";
import type { Birth } from "./calls.ts";
import type { Records } from "./records.ts";
import type { Delivered } from "./refreshes.ts";

/** What is judged, once nothing is under way any more. */
export interface Evidence {
  /** How many images each is to keep, by its name. */
  recipes: ReadonlyMap<string, { keep: number }>;
  /** The whole project, when the servers and volumes were made and nothing was refreshed yet. */
  before: Inventory;
  /** The whole project now. */
  after: Inventory;
  /** What the cloud was seen to make. */
  births: Birth[];
  records: Records;
  delivered: Delivered[];
}
