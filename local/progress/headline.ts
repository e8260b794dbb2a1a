import { formatDuration } from "../../shared/recipe/duration.ts";
import { isMadeByCloud, readsVolume, type Recipe } from "../../shared/recipe/recipe.ts";
import { expectedSeconds } from "../../shared/run/next-check.ts";
import { serversOf } from "../../shared/source/servers.ts";
import { about, counted } from "../cli/text/format.ts";
import type { Watched } from "./watched.ts";

/** Which run this is, which zones its image is held to, and how long its server is going to be down. */
export function headline(watched: Watched): string {
  const { run } = watched;
  const { cloud, region } = run.recipe;
  const place = region === null ? cloud : `${cloud} (${region})`;
  return `Run ${run.id}: recipe ${run.recipeName} on ${place}${heldTo(run.recipe)}${outage(watched)}`;
}

/** A recipe without zones holds its image to the image service that makes it. */
function heldTo({ zones, settleMs }: Recipe): string {
  const names = zones.map(({ name }) => name).join(", ");
  const where = zones.length === 0 ? "" : ` in ${names}`;
  const when = settleMs === 0 ? "" : ` for ${formatDuration(settleMs)}`;
  return where + when === "" ? "" : `. Its image has to be good${where}${when} to become current`;
}

/** A stopped server is down until its upload has ended, unless a snapshot holds its content earlier. */
function outage({ run, recipeState }: Watched): string {
  const { recipe } = run;
  const earlier = recipeState?.uploadSeconds ?? [];
  const usual = expectedSeconds(earlier);
  const isUntilUploaded =
    recipe.prepare.stopServer && (isMadeByCloud(recipe) || readsVolume(recipe));
  const names = serversOf(run).map(({ name }) => name);
  const isAhead =
    run.restoredAtMs === null && (run.stoppedAtMs !== null || run.step === "prepare-source");
  if (!isUntilUploaded || !isAhead || usual === null || names.length === 0) return "";
  return `. ${names.join(", ")} will be down about ${about(usual)} (${counted(earlier.length, "earlier upload")})`;
}
