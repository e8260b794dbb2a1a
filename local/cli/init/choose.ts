import type { Cloud } from "../../../shared/cloud-ports.ts";
import { cronProblem } from "../../../shared/recipe/schedule.ts";
import { timezoneProblem } from "../../../shared/recipe/timezone.ts";
import { BUILT_IN } from "../../../shared/recipe/built-in.ts";
import type { LoadedClouds } from "../../clouds-files.ts";
import { usageError } from "../command-error.ts";
import { columns } from "../text/table.ts";
import { keepProblem, recipeNameProblem } from "./problems.ts";
import type { Questions } from "./questions.ts";
import type { NewRecipe } from "./recipe-text.ts";
import { suggestedName } from "./recipe-text.ts";
import { namedSource, shown, type Source, sourcesOf } from "./sources.ts";

/** What the command line says. */
export interface Given {
  cloud?: string | undefined;
  server?: string | undefined;
  volume?: string | undefined;
  name?: string | undefined;
  schedule?: string | undefined;
  timezone?: string | undefined;
  keep?: number | undefined;
}

/** By the command line, else by the answer; a default where nobody can be asked. @throws CommandError */
export async function chooseCloud(
  loaded: LoadedClouds,
  given: Given,
  questions: Questions | null,
): Promise<string> {
  const names = [...loaded.clouds.keys(), ...loaded.broken.keys()];
  const named = given.cloud ?? loaded.defaultCloud;
  if (named !== null) return named;
  if (names.length === 0) {
    throw usageError(
      `There is no clouds.yaml with a cloud in it. Looked for: ${loaded.searched.join(", ")}`,
      "Download it from your cloud's dashboard (API access), or try a simulated cloud: regild demo --serve",
    );
  }
  if (questions === null) {
    throw usageError("--cloud is missing", `Write --cloud and one of: ${shown(names)}`);
  }
  return names[await questions.choice("Which cloud?", names)] ?? "";
}

export async function chooseSource(
  cloud: Cloud,
  { server, volume }: Given,
  questions: Questions | null,
): Promise<Source> {
  if (server !== undefined) return namedSource(cloud, "server", server);
  if (volume !== undefined) return namedSource(cloud, "volume", volume);
  const sources = await sourcesOf(cloud);
  if (sources.length === 0) {
    throw usageError(
      "This project has no server and no free volume",
      "Make the server whose image is to be kept fresh, then run regild init again",
    );
  }
  if (questions === null) {
    const of = (kind: Source["kind"]) =>
      shown(sources.filter((source) => source.kind === kind).map(({ name, id }) => name || id));
    throw usageError(
      "--server or --volume is missing",
      `Write one of them with a name. Servers: ${of("server")}. Volumes: ${of("volume")}`,
    );
  }
  const rows = columns(sources.map(({ kind, name, id, status }) => [kind, name || id, status]));
  const chosen = sources[await questions.choice("Of which one are images to be taken?", rows)];
  if (chosen === undefined) throw new Error("a choice is one of the list");
  return chosen;
}

/** The id only where the name leads to several, or to nothing. */
export async function sourceField(
  { compute, volumes }: Cloud,
  { kind, id, name }: Source,
): Promise<Pick<NewRecipe, "kind" | "idOrName" | "comment">> {
  const named = kind === "server" ? compute.findServers(name) : volumes.findVolumes(name);
  const isUnique = name.trim() === name && name !== "" && (await named).length === 1;
  return isUnique
    ? { kind, idOrName: name, comment: null }
    : { kind, idOrName: id, comment: name === "" ? null : name };
}

export async function chooseName(
  given: Given,
  source: Source,
  questions: Questions | null,
): Promise<string> {
  if (given.name !== undefined) return given.name;
  const suggested = suggestedName(source.name);
  if (questions !== null) {
    const is = { preset: suggested ?? "", problemOf: recipeNameProblem };
    return questions.text("Name of the recipe", is);
  }
  if (suggested !== null) return suggested;
  throw usageError("--name is missing", "Write a name for the recipe: --name web");
}

export async function chooseSchedule(
  { schedule, timezone }: Given,
  questions: Questions | null,
): Promise<NewRecipe["schedule"]> {
  const cron =
    schedule ??
    (await questions?.text('Schedule, as in crontab, such as "30 2 * * *" (empty: none)', {
      preset: "",
      problemOf: (text) => (text === "" ? null : cronProblem(text)),
    })) ??
    "";
  if (cron === "") return null;
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone =
    timezone ??
    (await questions?.text("Time zone of the schedule", {
      preset: local,
      problemOf: timezoneProblem,
    })) ??
    BUILT_IN.timezone;
  return { cron, timezone: zone === BUILT_IN.timezone ? null : zone };
}

export async function chooseKeep(
  given: Given,
  questions: Questions | null,
): Promise<number | null> {
  const answer =
    given.keep ??
    Number(
      (await questions?.text("Images to keep, the current one counted", {
        preset: String(BUILT_IN.keep),
        problemOf: keepProblem,
      })) ?? BUILT_IN.keep,
    );
  return answer === BUILT_IN.keep ? null : answer;
}
