import type { MergedFields } from "./complete.ts";
import type { Path } from "./problem.ts";
import type { Rule } from "./rule.ts";

const CAPTURE: Path = ["capture"];
const VAULT_ID: Path = ["vault_id"];

function isFullServer({ capture }: Pick<MergedFields, "capture">): boolean {
  return capture === "full_server";
}

/**
 * What a full-server image needs, and what cannot be done with one. `defaults` count, too: a wish that is passed over
 * without a word would be taken for granted. Source: Image Management Service API reference, "Creating a Full-ECS Image", "Restrictions on Image Sharing",
 * "Updating the Image Sharing Status".
 */
export const FULL_SERVER_RULES: readonly Rule[] = [
  {
    fields: [VAULT_ID, CAPTURE],
    problemIn(merged, own) {
      if (isFullServer(merged))
        return merged.vault_id === undefined
          ? "needs vault_id, because the backup that the image is made of lies in a vault. Write vault_id: and the id of a server backup vault of CBR"
          : null;
      return own.vault_id === undefined
        ? null
        : "is for capture: full_server. Take it out, or write capture: full_server";
    },
  },
  {
    fields: [["image", "members"], CAPTURE],
    problemIn: (merged) =>
      isFullServer(merged) && (merged.image.members ?? []).length > 0
        ? "get no full-server image: a project that accepts one has to name a vault of its own, and Regild does not do that. Write members: [], or capture: system_disk"
        : null,
  },
  {
    fields: [["image", "visibility"], CAPTURE],
    problemIn: (merged) =>
      isFullServer(merged) && merged.image.visibility !== "private"
        ? `${merged.image.visibility} is nothing for a full-server image: Regild does not share one. Write visibility: private, or capture: system_disk`
        : null,
  },
  {
    fields: [["zones"], CAPTURE],
    problemIn: (merged) =>
      isFullServer(merged) && Object.values(merged.zones ?? {}).some((zone) => zone.distribute)
        ? "have distribute: true, and IMS neither exports nor copies a full-server image. Take distribute out, or write capture: system_disk"
        : null,
  },
  {
    fields: [["test_boot"], CAPTURE],
    problemIn: (merged) =>
      isFullServer(merged) && merged.test_boot !== undefined
        ? "boots a server of the image, and Regild could not tell the data disks of that server from disks of others. Take it out (from defaults, too), or write capture: system_disk"
        : null,
  },
];
