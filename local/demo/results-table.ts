import { imageOf } from "../../shared/image/inventory.ts";
import { counted } from "../cli/text/format.ts";
import { table } from "../cli/text/table.ts";
import type { Watched } from "../progress/watched.ts";
import type { World } from "../simulated-cloud/world.ts";

const HEADINGS = ["RECIPE", "NEW IMAGE", "REPLACES", "ZONES", "CLEANED UP", "API CALLS", "SECONDS"];

/** What one run has come to. @param world as it is right after the run: the next one deletes the image. */
export function resultRow({ run, recipeState }: Watched, world: World): string[] {
  const imageId = run.candidate?.id ?? "";
  const replaced =
    recipeState === null ? undefined : imageOf(recipeState, run.replacedImageId ?? "");
  const zones = world.zones.filter((zone) => zone.images.get(imageId)?.status === "active");
  const seconds = ((run.endedAtMs ?? run.startedAtMs) - run.startedAtMs) / 1000;
  return [
    run.recipeName,
    run.outcome === "succeeded" ? (run.imageName ?? "") : (run.outcome ?? "not ended"),
    replaced?.name ?? "–",
    zones.map((zone) => zone.name).join(" ") || "–",
    cleanedUp(run),
    String(run.apiCalls),
    seconds.toFixed(1),
  ];
}

function cleanedUp({ imagesRetired, snapshotsCleaned }: Watched["run"]): string {
  const deleted = [
    ...(imagesRetired.length === 0 ? [] : [counted(imagesRetired.length, "image")]),
    ...(snapshotsCleaned === 0 ? [] : [counted(snapshotsCleaned, "snapshot")]),
  ];
  return deleted.join(", ") || "–";
}

export function resultsTable(rows: string[][]): string {
  return table(HEADINGS, rows).join("\n");
}
