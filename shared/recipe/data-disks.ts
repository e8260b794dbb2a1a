import type { MergedFields } from "./complete.ts";
import type { Path } from "./problem.ts";
import type { Rule } from "./rule.ts";

const CAPTURE: Path = ["capture"];
const VISIBILITY: Path = ["image", "visibility"];

function isOfDataDisks({ capture }: Pick<MergedFields, "capture">): boolean {
  return capture === "data_disks";
}

/**
 * What cannot be done with a set of images. `defaults` count, too: a wish that is passed over without a word would be
 * taken for granted. `test_boot` has a rule of its own.
 */
export const DATA_DISKS_RULES: readonly Rule[] = [
  {
    fields: [["image", "members"], CAPTURE],
    problemIn: (merged) =>
      isOfDataDisks(merged) && (merged.image.members ?? []).length > 0
        ? "are given one image, and capture: data_disks makes several. Write members: [], or one recipe for each disk with capture: data_disk"
        : null,
  },
  {
    fields: [VISIBILITY, CAPTURE],
    problemIn: (merged) =>
      isOfDataDisks(merged) && merged.image.visibility !== "private"
        ? `${merged.image.visibility} is not possible with capture: data_disks, because Regild shares no set of images. Write visibility: private, or one recipe for each disk with capture: data_disk`
        : null,
  },
  {
    fields: [["image", "protected"], CAPTURE],
    problemIn: (merged) =>
      isOfDataDisks(merged) && merged.image.protected
        ? "protects one image, and capture: data_disks makes several. Write protected: false, or one recipe for each disk with capture: data_disk"
        : null,
  },
  {
    fields: [["zones"], CAPTURE],
    problemIn: (merged) =>
      isOfDataDisks(merged) && Object.keys(merged.zones ?? {}).length > 0
        ? "are looked at for one image, and capture: data_disks makes several. Take zones out (from defaults, too), or write one recipe for each disk with capture: data_disk"
        : null,
  },
];
