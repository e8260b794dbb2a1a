import { imageOf } from "../../shared/image/ledger.ts";
import type { Watched } from "../progress/story.ts";
import type { World } from "../simulated-cloud/world.ts";

const HEADINGS = ["RECIPE", "NEW IMAGE", "REPLACES", "ZONES", "CLEANED UP", "API CALLS", "SECONDS"];

/** What one run has come to. @param world as it is right after the run: the next one deletes the image. */
export function resultRow({ run, head }: Watched, world: World): string[] {
  const imageId = run.candidate?.id ?? "";
  const replaced = head === null ? undefined : imageOf(head, run.replacedImageId ?? "");
  const zones = world.zones.filter((zone) => zone.images.get(imageId)?.status === "active");
  const seconds = ((run.endedAtMs ?? run.startedAtMs) - run.startedAtMs) / 1000;
  return [
    run.recipeName,
    run.outcome === "succeeded" ? (run.imageName ?? "") : (run.outcome ?? "not ended"),
    replaced?.name ?? "–",
    zones.map((zone) => zone.name).join(" ") || "–",
    run.snapshotsCleaned === 0 ? "–" : snapshots(run.snapshotsCleaned),
    String(run.apiCalls),
    seconds.toFixed(1),
  ];
}

function snapshots(count: number): string {
  return `${count} ${count === 1 ? "snapshot" : "snapshots"}`;
}

export function resultsTable(rows: string[][]): string {
  const lines = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const isNumber = (column: number) => column >= HEADINGS.indexOf("API CALLS");
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
