import type { FaultView } from "../../view/current.ts";
import { clock } from "./format.ts";

/** `deleted outside Regild, noticed today 03:12 UTC`. */
export function faultText({ status, noticed_at: at }: FaultView, nowMs: number): string {
  const what =
    status === "deleted" || status === "deactivated" ? `${status} outside Regild` : `is ${status}`;
  return `${what}, noticed ${clock(at, nowMs)}`;
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
