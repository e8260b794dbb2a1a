import type { FaultView } from "../../view/current.ts";
import { clock } from "./format.ts";

const WORDS: Record<string, string> = {
  "not-synchronised": "could not be synchronised",
  "not-in-every-zone": "is not good in every zone",
  "set-broken": "lacks the image of a disk",
};

/** `deleted outside Regild, noticed today 03:12 UTC`. */
export function faultText({ status, why, noticed_at: at }: FaultView, nowMs: number): string {
  const outside = status === "deleted" || status === "deactivated";
  const what = outside ? `${status} outside Regild` : (WORDS[status] ?? `is ${status}`);
  return `${what}${why === null ? "" : ` (${why})`}, noticed ${clock(at, nowMs)}`;
}

/** What follows from it for those who look the image up, and what to do. */
export function faultConsequence(
  { status, lookups_find: found }: FaultView,
  recipe: string,
  imageId: string,
): string {
  const finds = {
    nothing: "look-ups find nothing",
    this: "look-ups find it, and no server can be made from it",
    older: "look-ups find an older image",
  }[found];
  const activate = status === "deactivated" ? `openstack image set --activate ${imageId}, or ` : "";
  return `${finds}: ${activate}regild refresh ${recipe}`;
}
