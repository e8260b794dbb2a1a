import { completeRecipe, hookOf, type MergedFields, sourceOf } from "./complete.ts";
import { formatDuration } from "./duration.ts";
import { ENCRYPTION_RULES } from "./encryption.ts";
import { EXPORT_RULES } from "./export.ts";
import { longestName, nameProblem, templateHasShortId, variablesIn } from "./image-name.ts";
import { DATA_DISKS_RULES } from "./data-disks.ts";
import { FULL_SERVER_RULES } from "./full-server.ts";
import { imsNameProblem, NAME_FOR_IMS, nameOfDiskImage } from "./ims-name.ts";
import { INPUT_RULES } from "./input-rules.ts";
import { inputsIn, withValues } from "./inputs.ts";
import { MEMBER_RULES } from "./members.ts";
import type { Path } from "./problem.ts";
import { propertiesProblem } from "./properties.ts";
import {
  type Capture,
  type Input,
  isByIms,
  isMadeByCloud,
  readsVolume,
  type Recipe,
} from "./recipe.ts";
import type { Rule } from "./rule.ts";

const SERVER: Path = ["server"];
const VOLUME: Path = ["volume"];
const CAPTURE: Path = ["capture"];
const DEADLINE: Path = ["deadline"];
const STOP_SERVER: Path = ["prepare", "stop_server"];
const ALLOW_LIVE: Path = ["prepare", "allow_live"];
const WAIT_FOR_SHUTOFF: Path = ["prepare", "wait_for_shutoff"];
const RESTORE: Path = ["prepare", "restore"];
const HOOK: Path = ["prepare", "hook"];
const STOP_TIMEOUT: Path = ["prepare", "stop_timeout"];
const OS_VERSION: Path = ["image", "os_version"];
const IMAGE_NAME: Path = ["image", "name"];

const CAPTURES_OF: Record<Recipe["source"]["kind"], readonly Capture[]> = {
  server: ["server", "system_disk", "data_disks", "full_server", "root_volume"],
  volume: ["volume", "snapshot", "data_disk", "system_from_data_disk"],
};

/** @param remedy what to do about a recipe without a cloud. */
export function cloudRule(remedy: string): Rule {
  return {
    fields: [["cloud"]],
    problemIn: ({ cloud }) => (cloud === undefined ? `cloud is missing. ${remedy}` : null),
  };
}

function captureOf(merged: MergedFields): { capture: Capture } {
  return { capture: merged.capture ?? sourceOf(merged)?.kind ?? "server" };
}

function isOfDataDisk({ capture }: { capture: Capture }): boolean {
  return capture === "data_disk" || capture === "data_disks";
}

/** With the shortest value of each input: what they really are is checked when a run starts. */
export function withAnyInputs(recipe: Recipe): Recipe {
  const inputs: Record<string, Input> = {};
  for (const input of inputsIn(`${recipe.image.name} ${recipe.source.idOrName}`)) {
    inputs[input] = { ...ANY_INPUT, ...recipe.inputs[input], value: "x" };
  }
  return withValues({ ...recipe, inputs });
}
const ANY_INPUT: Input = { from: null, type: "string", pattern: null, default: null, value: null };

export const RULES: readonly Rule[] = [
  ...INPUT_RULES,
  ...MEMBER_RULES,
  ...FULL_SERVER_RULES,
  ...EXPORT_RULES,
  ...ENCRYPTION_RULES,
  ...DATA_DISKS_RULES,
  {
    fields: [VOLUME, SERVER],
    problemIn({ server, volume }) {
      if (server !== undefined && volume !== undefined) {
        return "server and volume can not both be the source. Keep one of them";
      }
      return server === undefined && volume === undefined
        ? "the source is missing. Write server: or volume: and its id or exact name"
        : null;
    },
  },
  {
    fields: [CAPTURE, SERVER, VOLUME],
    problemIn(merged) {
      const source = sourceOf(merged);
      if (source === null || merged.capture === undefined) return null;
      const possible = CAPTURES_OF[source.kind];
      return possible.includes(merged.capture)
        ? null
        : `${merged.capture} is not a way to capture a ${source.kind}. Write ${new Intl.ListFormat("en", { type: "disjunction" }).format(possible)}`;
    },
  },
  {
    fields: [ALLOW_LIVE, STOP_SERVER, WAIT_FOR_SHUTOFF],
    problemIn: ({ prepare }, own) =>
      own.prepare?.allow_live === true &&
      (prepare.stop_server || prepare.wait_for_shutoff !== undefined)
        ? "is for volumes whose servers run, and this recipe has them stopped first. Take one of the two out"
        : null,
  },
  {
    fields: [WAIT_FOR_SHUTOFF, STOP_SERVER],
    problemIn: ({ prepare }) =>
      prepare.wait_for_shutoff !== undefined && prepare.stop_server
        ? "waits for a guest that powers itself off, and stop_server stops it. Write one of the two: false takes stop_server of defaults back"
        : null,
  },
  {
    fields: [RESTORE, SERVER, VOLUME, CAPTURE],
    problemIn(merged) {
      if (merged.prepare.restore === undefined) return null;
      if (sourceOf(merged)?.kind === "server")
        return "puts back a volume only. Cinder reverts no root volume of a server, and Nova detaches none. Write volume: and a data disk, or make each image of a fresh server (after_promote: delete_server), and take restore out";
      const { capture } = captureOf(merged);
      return capture === "volume"
        ? null
        : `is for capture: volume, because another snapshot of ${capture} would be newer than the one to go back to. Write capture: volume`;
    },
  },
  {
    fields: [RESTORE, HOOK, WAIT_FOR_SHUTOFF, STOP_SERVER],
    problemIn({ prepare }) {
      if (prepare.restore === undefined || prepare.wait_for_shutoff !== undefined) return null;
      return prepare.hook !== undefined && prepare.stop_server
        ? null
        : "has nothing to put back, because no guest prepares the disk. Write wait_for_shutoff: 30m, or stop_server: true and hook:, or take restore out";
    },
  },
  {
    fields: [DEADLINE, WAIT_FOR_SHUTOFF],
    problemIn({ deadline, prepare }) {
      const wait = prepare.wait_for_shutoff;
      if (wait === undefined || deadline > wait) return null;
      return `a deadline of ${formatDuration(deadline)} leaves no time after a wait_for_shutoff of ${formatDuration(wait)}. Write a deadline above ${formatDuration(wait)}`;
    },
  },
  {
    fields: [DEADLINE, HOOK],
    problemIn({ deadline, prepare }) {
      const hook = hookOf(prepare.hook);
      if (hook === null || deadline > hook.timeoutMs) return null;
      const timeout = formatDuration(hook.timeoutMs);
      return `a deadline of ${formatDuration(deadline)} leaves no time after a hook of ${timeout}. Write a deadline above ${timeout}, or a shorter timeout: in hook:`;
    },
  },
  {
    // One from `defaults` is for the recipes that upload.
    fields: [ALLOW_LIVE, CAPTURE, SERVER, VOLUME],
    problemIn: (merged, own) =>
      own.prepare?.allow_live === true && !readsVolume(captureOf(merged))
        ? "is for a volume in use that is read itself, capture: volume, data_disk, data_disks or system_from_data_disk. Take it out"
        : null,
  },
  {
    // One from `defaults` is for the recipes that upload.
    fields: [["image", "disk_format"], CAPTURE, SERVER, VOLUME],
    problemIn: (merged, own) =>
      own.image?.disk_format !== undefined && isMadeByCloud(captureOf(merged))
        ? "with this capture the cloud chooses the format. Take disk_format out, or write a capture that uploads: root_volume, volume or snapshot"
        : null,
  },
  {
    // One from `defaults` is for the recipes that use it.
    fields: [OS_VERSION, CAPTURE, SERVER, VOLUME],
    problemIn(merged, own) {
      const isUsed = captureOf(merged).capture === "system_from_data_disk";
      if (isUsed && merged.image.os_version === undefined)
        return 'needs image.os_version, because IMS cannot always see which system is on the disk. Write image: { os_version: "Ubuntu 22.04 server 64bit" }, in the words of IMS';
      return !isUsed && own.image?.os_version !== undefined
        ? "is for capture: system_from_data_disk. Take it out"
        : null;
    },
  },
  {
    fields: [DEADLINE, STOP_TIMEOUT, STOP_SERVER],
    problemIn({ deadline, prepare }) {
      if (!prepare.stop_server || deadline > prepare.stop_timeout) return null;
      const timeout = formatDuration(prepare.stop_timeout);
      return `a deadline of ${formatDuration(deadline)} leaves no time after a stop_timeout of ${timeout}. Write a deadline above ${timeout}`;
    },
  },
  {
    fields: [DEADLINE, ["settle"]],
    problemIn: ({ deadline, settle }) =>
      settle < deadline
        ? null
        : `a deadline of ${formatDuration(deadline)} leaves no time after a settle of ${formatDuration(settle)}. Write a deadline above it`,
  },
  {
    fields: [DEADLINE, ["test_boot"]],
    problemIn({ deadline, test_boot, test_boot_timeout }) {
      if (test_boot === undefined) return null;
      const each = test_boot.timeout ?? test_boot_timeout;
      const all = each * (test_boot.availability_zones?.length ?? 1);
      return deadline > all
        ? null
        : `a deadline of ${formatDuration(deadline)} leaves no time after test boots of ${formatDuration(all)}. Write a deadline above it`;
    },
  },
  {
    // One from `defaults` is for the recipes whose images boot.
    fields: [["test_boot"], CAPTURE],
    problemIn: (merged, own) =>
      own.test_boot !== undefined && isOfDataDisk(captureOf(merged))
        ? "boots a server of the image, and an image of a data disk does not boot. Take it out"
        : null,
  },
  {
    fields: [["image", "properties"]],
    problemIn: ({ image }) => propertiesProblem(image.properties),
  },
  {
    fields: [IMAGE_NAME, ["region_name"]],
    problemIn: ({ image, region_name }) =>
      region_name === undefined && variablesIn(image.name).includes("region_name")
        ? "uses ${{ region_name }}, and the recipe has no region_name. Write region_name: and its name"
        : null,
  },
  {
    fields: [IMAGE_NAME, CAPTURE, ["cloud"], ["region_name"], SERVER, VOLUME],
    problemIn(merged, _own, recipeName) {
      const recipe = completeRecipe(recipeName, merged);
      if (recipe === null) return null;
      const filled = longestName(withAnyInputs(recipe));
      const longest = recipe.capture === "data_disks" ? nameOfDiskImage(filled, "vdb") : filled;
      const isNamedByIms = isByIms(recipe);
      if (isNamedByIms && !templateHasShortId(recipe.image.name)) return NAME_FOR_IMS;
      const problem = isNamedByIms ? imsNameProblem(longest) : nameProblem(longest);
      return problem === null ? null : `fills to ${JSON.stringify(longest)}, which ${problem}`;
    },
  },
];
