import type { Flavor, Server, VisibilityAnswer } from "../../shared/cloud-ports.ts";
import type { Finding } from "../../shared/openstack/finding.ts";
import { withAnyInputs } from "../../shared/recipe/contradictions.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Source } from "../../shared/run/record.ts";
import { decideSource, type FoundSource, rootVolume } from "../../shared/source/resolve.ts";
import { needOf, quotaProblem, type SeenQuota } from "../../shared/source/quota.ts";
import type { SeenVault } from "../../shared/source/vault.ts";
import { filledNameProblem } from "../../shared/steps/creations.ts";
import { contentFindings, minDiskFindings, visibilityFindings } from "./image-findings.ts";
import { recipeFinding } from "./recipe-finding.ts";
import { serverFindings } from "./server-findings.ts";
import { testBootFindings } from "./test-boot-findings.ts";
import { vaultFindings } from "./vault-findings.ts";
import { volumeFindings } from "./volume-findings.ts";

/** Everything that was read in the cloud about one recipe. */
export interface SeenRecipe {
  found: FoundSource;
  /** Servers that the recipe's volume is attached to. */
  attachedTo: Server[];
  visibility: VisibilityAnswer;
  mayCheckContent: boolean;
  quota: SeenQuota;
  /** For the backup of a full-server image. Null: the recipe makes none. */
  vault: { is: SeenVault } | null;
  /** Of the recipe's test boot. Null: it has none, or the cloud has no such flavor. */
  testFlavor: Flavor | null;
  /** Why its networks cannot be used. Null: they can, or it names none. */
  networkProblem: string | null;
}

/** What a run of this recipe would meet now. Pure. */
export function recipeFindings(recipe: Recipe, seen: SeenRecipe, nowMs: number): Finding[] {
  const { found } = seen;
  const answer = decideSource(recipe, found);
  if ("code" in answer) {
    const field = answer.code === "no-root-volume" ? "capture" : recipe.source.kind;
    return [
      recipeFinding("problem", recipe, field, answer.message, answer.remedy),
      ...visibilityFindings(recipe, seen.visibility),
    ];
  }
  const server = recipe.source.kind === "server" ? found.servers[0] : undefined;
  const root = server === undefined ? null : rootVolume(server, found.volumes);
  const volume = server === undefined ? (found.volumes[0] ?? null) : root;
  return [
    ...(server === undefined
      ? found.volumes.flatMap((one) => volumeFindings(recipe, one, seen.attachedTo))
      : serverFindings(recipe, server, { volumes: found.volumes, root })),
    ...nameFindings(recipe, answer.source, nowMs),
    ...minDiskFindings(recipe, { volume, bootImage: found.bootImage }),
    ...contentFindings(recipe, seen.mayCheckContent),
    ...visibilityFindings(recipe, seen.visibility),
    ...testBootFindings(recipe, seen),
    ...(seen.vault === null ? [] : vaultFindings(recipe, seen.vault.is, found)),
    ...quotaFindings(recipe, seen),
  ];
}

function quotaFindings(recipe: Recipe, { found, quota, testFlavor }: SeenRecipe): Finding[] {
  const problem = quotaProblem(needOf(recipe, found, testFlavor), quota);
  if (problem === null) return [];
  return [recipeFinding("problem", recipe, "capture", problem.message, problem.remedy)];
}

function nameFindings(recipe: Recipe, source: Source, nowMs: number): Finding[] {
  const problem = filledNameProblem({
    id: `${recipe.name}-20260101-000000-xxxxxx`,
    recipe: withAnyInputs(recipe),
    recipeName: recipe.name,
    startedAtMs: nowMs,
    seq: 1,
    attempt: 1,
    step: "prepare-source",
    source,
  });
  if (problem === null) return [];
  return [recipeFinding("problem", recipe, "image.name", problem, "Write a shorter image.name")];
}
