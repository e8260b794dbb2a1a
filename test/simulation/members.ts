import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { at } from "./random.ts";

/** Accepts images by itself, if somebody does. */
const RESELLER = "0".repeat(31) + "1";
/** Its credentials are the entry `consumer` of clouds.yaml. */
const CONSUMER = "0".repeat(31) + "2";

/** Some recipes share their images with two projects. */
export function hasMembers(seed: string): boolean {
  return at(seed, "members") < 0.08;
}

/** Fields of `image:`. */
export function membersOf(seed: string): string[] {
  if (!hasMembers(seed)) return [];
  const consumer = `{ project: "${CONSUMER}", cloud: consumer }`;
  const unshare = at(seed, "unshare") < 0.6 ? ["unshare_retired: true"] : [];
  return ["visibility: shared", `members: ["${RESELLER}", ${consumer}]`, ...unshare];
}

export function prepareMembers({ operator }: SimulatedCloud, seed: string): void {
  if (hasMembers(seed)) operator.addProject("consumer", "consumer-secret", CONSUMER);
}
