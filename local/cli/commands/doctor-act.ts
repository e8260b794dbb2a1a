import { actOnPlace } from "../../doctor/act-on-place.ts";
import type { ServerWish } from "../../doctor/act/server-acts.ts";
import type { Place } from "../../doctor/place.ts";
import type { Finding } from "../../../shared/openstack/finding.ts";
import type { LoadedClouds } from "../../clouds-files.ts";
import type { App } from "../app.ts";
import { ask } from "../ask.ts";
import { usageError } from "../command-error.ts";

/** @returns whether to act: a person has agreed, or --yes has. @throws CommandError: nobody can be asked. */
export async function mayAct(
  { output }: App,
  places: readonly Place[],
  is: { yes: boolean; server: ServerWish | null },
): Promise<boolean> {
  if (is.yes) return true;
  const { stdin } = process;
  if (output.format !== "table" || !stdin.isTTY || !output.err.isTTY) {
    throw usageError(
      "regild doctor --act makes things in the cloud, and nobody can be asked here",
      "Write regild doctor --act --yes",
    );
  }
  const where = places.map(({ cloud, region }) =>
    region === null ? cloud : `${cloud} (${region})`,
  );
  const server = is.server === null ? "" : ", a server, an image of that server";
  output.hint(
    `Makes in ${where.join(", ")}, and removes again: two images of a few KiB, a volume of 1 GiB, a snapshot of it${server}.`,
    "Everything is named regild-doctor-…",
  );
  const answer = await ask({ input: stdin, output: output.err }, "[y]es, or [n]o?", ["yes", "no"]);
  return answer === "yes";
}

/** Acts, and shows each act as it ends. */
export function actAndShow(
  app: App,
  loaded: LoadedClouds,
  place: Place,
  is: { server: ServerWish | null; signal: AbortSignal },
): Promise<Finding[]> {
  const { output, now } = app;
  const isShown = output.format === "table" && output.err.isTTY;
  const tell = ({ message }: Finding): void => {
    if (isShown) output.hint(`${place.cloud}  ${message}`);
  };
  return actOnPlace(loaded, place, { ...is, now, tell });
}
