import type { Hostile, ListName } from "../../local/simulated-cloud/hostile.ts";
import type { FaultPlan } from "./faults.ts";
import { at } from "./random.ts";

const OWNER = "5".repeat(32);
const stranger = (id: string, fields: object) => ({
  id: `stranger-${id}`,
  name: id,
  status: "active",
  visibility: "community",
  owner: OWNER,
  ...fields,
});

/** They look odd, and name no snapshot: whoever reads on is right. */
const HARMLESS: readonly unknown[] = [
  stranger("hidden", { os_hidden: "True", min_disk: null }),
  stranger("tags", { tags: null, size: -1, protected: "perhaps" }),
  stranger("nothing", { status: undefined, name: null, created_at: 7 }),
  stranger("nested", { color: { deep: [[[[1]]]] }, status: "defrosting" }),
];

/** Each of them may name any snapshot. */
const UNREADABLE: readonly unknown[] = [
  stranger("half", { block_device_mapping: '[{"snapshot_id": "s' }),
  stranger("shape", { block_device_mapping: '{"snapshot_id": 1}' }),
  stranger("number", { block_device_mapping: 5 }),
  null,
];

const VOLUMES: readonly unknown[] = [
  { id: "stranger-volume", name: 5, status: null, size: "big", metadata: null },
  { id: "stranger-other", status: "in-use", size: -1, attachments: null },
];

const ENDLESS: readonly ListName[] = ["images", "volumes", "snapshots", "servers"];

/** What strangers and a hostile service do in this seed; null: nothing. */
export function hostileOf(seed: string, plan: FaultPlan): Hostile | null {
  const happens = (what: string, probability: number) =>
    plan.happens(`cloud: ${what}`, probability);
  const odd = happens("odd records of strangers", 0.15);
  const unread = happens("a record that cannot be read", 0.06);
  const endless = happens("a list without an end", 0.1);
  const isCircle = at(seed, "circle") < 0.5;
  const wrongIds = happens("wrong ids", 0.04);
  const reasons = happens("huge reasons", 0.06);
  if (![odd, unread, endless, wrongIds, reasons].includes(true)) return null;
  const pick = <T>(list: readonly T[], place: string): T[] => {
    const one = list[Math.floor(at(seed, place) * list.length)];
    return one === undefined ? [] : [one];
  };
  return {
    records: {
      images: [...(odd ? HARMLESS : []), ...(unread ? pick(UNREADABLE, "unreadable record") : [])],
      volumes: odd ? VOLUMES : [],
    },
    endless: endless ? pick(ENDLESS, "which list") : [],
    circle: isCircle ? 3 : null,
    pageSeconds: isCircle ? 0 : 30,
    wrongIds,
    reasonCharacters: reasons ? 1_000_000 : 0,
  };
}

/** Whether a complete look at all images and volumes is impossible. */
export function hidesUsers(hostile: Hostile | null): boolean {
  if (hostile === null) return false;
  const images = hostile.records.images ?? [];
  return (
    images.some((image) => UNREADABLE.includes(image)) ||
    hostile.endless.includes("images") ||
    hostile.endless.includes("volumes")
  );
}
