import type { Place } from "../image/removal-plan.ts";

/** A thing in the cloud, as the plan lists it. */
export interface Thing {
  kind: "image" | "snapshot" | "volume" | "server" | "backup";
  id: string;
  name: string;
}

/** A thing of this project, and where it is. */
export interface Placed extends Thing {
  /** Image services that have it. Empty: it is no image. */
  services: string[];
  /** GiB in the store. Null: the cloud does not say. */
  gib: number | null;
  /** `regild_owner` of an image. Null: it has none. */
  owner: string | null;
}

/** One line of a plan. */
export interface Row extends Thing {
  gib: number | null;
  place: Place;
  /** Image services that have it. Empty: it is in no image service. */
  services: string[];
  /** Null: of none. */
  recipe: string | null;
  /** `report`: Regild did not make it, and leaves it alone. */
  fate: "keep" | "delete" | "report";
  why: string;
  usedBy: string[];
  /** The run at work that it belongs to. Null: none. */
  run: string | null;
}
