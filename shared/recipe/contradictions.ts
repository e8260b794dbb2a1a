import { completeRecipe, sourceOf } from "./complete.ts";
import { formatDuration } from "./duration.ts";
import { longestName, nameProblem, templateHasShortId, variablesIn } from "./image-name.ts";
import { imsNameProblem, NAME_FOR_IMS } from "./ims-name.ts";
import { INPUT_RULES } from "./input-rules.ts";
import { inputsIn, withValues } from "./inputs.ts";
import type { Path } from "./problem.ts";
import { propertiesProblem } from "./properties.ts";
import { type Capture, type Input, isMadeByCloud, type Recipe } from "./recipe.ts";
import type { Rule } from "./rule.ts";

const SERVER: Path = ["server"];
const VOLUME: Path = ["volume"];
const CAPTURE: Path = ["capture"];
const DEADLINE: Path = ["deadline"];
const STOP_SERVER: Path = ["prepare", "stop_server"];
const ALLOW_LIVE: Path = ["prepare", "allow_live"];
const WAIT_FOR_SHUTOFF: Path = ["prepare", "wait_for_shutoff"];
const STOP_TIMEOUT: Path = ["prepare", "stop_timeout"];
const IMAGE_NAME: Path = ["image", "name"];

const CAPTURES_OF: Record<Recipe["source"]["kind"], readonly Capture[]> = {
  server: ["server", "system_disk", "root_volume"],
  volume: ["volume", "snapshot"],
};

/** @param remedy what to do about a recipe without a cloud. */
export function cloudRule(remedy: string): Rule {
  return {
    fields: [["cloud"]],
    problemIn: ({ cloud }) => (cloud === undefined ? `cloud is missing. ${remedy}` : null),
  };
}

/** With the shortest value of each input: what they really are is checked when a run starts. */
function withAnyInputs(recipe: Recipe): Recipe {
  const inputs: Record<string, Input> = {};
  for (const input of inputsIn(`${recipe.image.name} ${recipe.source.idOrName}`)) {
    inputs[input] = { ...ANY_INPUT, ...recipe.inputs[input], value: "x" };
  }
  return withValues({ ...recipe, inputs });
}
const ANY_INPUT: Input = { from: null, type: "string", pattern: null, default: null, value: null };

export const RULES: readonly Rule[] = [
  ...INPUT_RULES,
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
        : `${merged.capture} is not a way to capture a ${source.kind}. Write ${possible.join(" or ")}`;
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
    fields: [DEADLINE, WAIT_FOR_SHUTOFF],
    problemIn({ deadline, prepare }) {
      const wait = prepare.wait_for_shutoff;
      if (wait === undefined || deadline > wait) return null;
      return `a deadline of ${formatDuration(deadline)} leaves no time after a wait_for_shutoff of ${formatDuration(wait)}. Write a deadline above ${formatDuration(wait)}`;
    },
  },
  {
    // One from `defaults` is for the recipes that upload.
    fields: [ALLOW_LIVE, CAPTURE, SERVER, VOLUME],
    problemIn: (merged, own) =>
      own.prepare?.allow_live === true && (merged.capture ?? sourceOf(merged)?.kind) !== "volume"
        ? "is for the upload of a volume in use, capture: volume. Take it out"
        : null,
  },
  {
    // One from `defaults` is for the recipes that upload.
    fields: [["image", "disk_format"], CAPTURE, SERVER, VOLUME],
    problemIn: (merged, own) =>
      own.image?.disk_format !== undefined &&
      isMadeByCloud({ capture: merged.capture ?? sourceOf(merged)?.kind ?? "server" })
        ? "with capture: server or system_disk the cloud chooses the format. Take disk_format out, or write capture: root_volume"
        : null,
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
      const longest = longestName(withAnyInputs(recipe));
      const isByIms = recipe.capture === "system_disk";
      if (isByIms && !templateHasShortId(recipe.image.name)) return NAME_FOR_IMS;
      const problem = isByIms ? imsNameProblem(longest) : nameProblem(longest);
      return problem === null ? null : `fills to ${JSON.stringify(longest)}, which ${problem}`;
    },
  },
];
