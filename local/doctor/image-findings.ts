import type { Image, VisibilityAnswer, Volume } from "../../shared/cloud-ports.ts";
import type { Finding } from "../../shared/openstack/finding.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { VISIBILITY_RULES, visibilityProblem } from "../../shared/source/visibility.ts";
import { recipeFinding } from "./recipe-finding.ts";

/** Images smaller than their content are made, and refused only when somebody boots from them. */
export function minDiskFindings(
  recipe: Recipe,
  { volume, bootImage }: { volume: Volume | null; bootImage: Image | null },
): Finding[] {
  const { minDiskGib } = recipe.image;
  const least = volume?.sizeGib ?? bootImage?.minDiskGib ?? 0;
  if (minDiskGib === null || minDiskGib >= least) return [];
  const what =
    volume === null
      ? `the image that the server boots from asks for ${least} GiB`
      : `the volume has ${least} GiB`;
  const message = `${minDiskGib} is too small: ${what}, so servers with a smaller disk would fail`;
  const remedy = `Write at least ${least}, or leave min_disk out`;
  return [recipeFinding("problem", recipe, "image.min_disk", message, remedy)];
}

export function visibilityFindings(recipe: Recipe, answer: VisibilityAnswer): Finding[] {
  const { visibility } = recipe.image;
  if (VISIBILITY_RULES[visibility] === undefined) return [];
  const field = "image.visibility";
  const problem = visibilityProblem(recipe, answer);
  if (problem !== null) {
    return [recipeFinding("problem", recipe, field, problem.message, problem.remedy)];
  }
  if (answer.may === "yes") return [recipeFinding("ok", recipe, field, `${visibility}: allowed`)];
  const unknown = "why" in answer ? answer.why : "";
  const message = `${visibility}: whether it is allowed could not be asked (${unknown})`;
  const remedy = "regild doctor --act tries it";
  return [recipeFinding("unknown", recipe, field, message, remedy)];
}

/** Newer image services refuse some disks as raw, at the end of their upload. */
export function contentFindings(recipe: Recipe, mayCheckContent: boolean): Finding[] {
  if (!mayCheckContent || !isUploadedRaw(recipe)) return [];
  return [
    recipeFinding(
      "unknown",
      recipe,
      "image.disk_format",
      "raw: this image service may refuse the content of some disks as raw, at the end of the upload",
      "regild doctor --act tells whether it does. disk_format: qcow2 avoids it",
    ),
  ];
}

export function isUploadedRaw({ image }: Recipe): boolean {
  return image.diskFormat === "raw";
}
