import type { Clouds } from "../../shared/cloud-ports.ts";
import { probeByNetwork } from "../../shared/lambda/probe.ts";
import { GlanceContent } from "../../shared/openstack/image-content.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { ConfigProblem } from "../../shared/openstack/clouds-yaml.ts";
import { ENVIRONMENT, type LoadedClouds, loadClouds } from "../clouds-files.ts";
import { LOCAL_TIMING } from "../installation.ts";
import { openTransport } from "../transport.ts";
import type { App } from "./app.ts";
import { usageError } from "./command-error.ts";

export function cloudsOf({ env, cwd, home }: App): LoadedClouds {
  return loadClouds({ env, cwd, home });
}

export function cloudDeps({ transports }: LoadedClouds, now: () => number) {
  return {
    http: ({ name }: { name: string }) => {
      const options = transports.get(name);
      if (options === undefined) throw new Error(`cloud ${name} is complete, yet has no transport`);
      return openTransport(options);
    },
    now,
    timing: LOCAL_TIMING,
  };
}

export function openLoaded(loaded: LoadedClouds, now: () => number): Clouds {
  return openClouds(loaded.clouds, {
    ...cloudDeps(loaded, now),
    probe: probeByNetwork,
    contentOf: (glance) => new GlanceContent(glance),
  });
}

/** @throws CommandError with every problem of every cloud that these recipes name. */
export function needClouds(loaded: LoadedClouds, recipes: Iterable<Recipe>): void {
  const users = Map.groupBy(recipes, (recipe) => recipe.cloud);
  const details = [...users].flatMap(([cloud, named]) =>
    cloudProblems(loaded, cloud).map(
      (problem) => `${problem} (needed by ${named.map(({ name }) => name).join(", ")})`,
    ),
  );
  if (details.length === 0) return;
  const files = loaded.problems.map(({ file, field, message }) => `${file}: ${field} ${message}`);
  throw usageError(
    "Recipes name clouds that cannot be used as they are set up. Nothing was started",
    "Correct the setting that is named, or the recipe's cloud. Then: regild doctor",
    [...files.filter((file) => !details.some((each) => each.startsWith(file))), ...details],
  );
}

/** Environment variables (proxies, certificates) that make a cloud of these recipes unusable, each once. */
export function surroundingProblems(
  { broken }: LoadedClouds,
  recipes: Iterable<Recipe>,
): ConfigProblem[] {
  const clouds = new Set([...recipes].map(({ cloud }) => cloud));
  const problems = [...clouds].flatMap((cloud) => broken.get(cloud) ?? []);
  return problems
    .filter(({ file }) => file === ENVIRONMENT)
    .filter(({ field }, index, all) => all.findIndex((each) => each.field === field) === index);
}

/** Empty: it may be opened. */
export function cloudProblems(
  { clouds, broken, problems: ofFiles, source, searched }: LoadedClouds,
  cloud: string,
): string[] {
  if (clouds.has(cloud)) return [];
  const problems = broken.get(cloud);
  if (problems !== undefined) {
    return problems.map(({ file, field, message }) => `${file}: ${field} ${message}`);
  }
  if (ofFiles.length > 0 && clouds.size === 0) {
    return ofFiles.map(({ file, field, message }) => `${file}: ${field} ${message}`);
  }
  if (source === null && clouds.size === 0) {
    return [`cloud ${cloud}: there is no clouds.yaml. Looked for: ${searched.join(", ")}`];
  }
  const known = [...clouds.keys()].join(", ") || "none";
  return [`cloud ${cloud}: ${source ?? "clouds.yaml"} has no such entry. It has: ${known}`];
}
