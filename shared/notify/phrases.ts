import type { CurrentCheck, Pause, PointerChange, RecipeState } from "../image/recipe-state.ts";
import { pauseText } from "../image/pause.ts";
import { SYNC_FAILED } from "../image/verdict.ts";
import { currentImage, reason } from "../chat/commands/phrases.ts";
import { cloudWords } from "../plain-text.ts";
import type { Run } from "../run/record.ts";
import { about, duration } from "../spoken.ts";

/** In words, without markup: each platform's renderer escapes all of it. */
export interface Said {
  title: string;
  lines: string[];
}

type Image = { id: string; name: string };

const LONGEST = 300;

export function failed(run: Run, recipeState: RecipeState | null, nowMs: number): Said {
  const { recipeName: recipe, id, failure } = run;
  const still = currentImage(recipeState, nowMs);
  return {
    title: `${recipe}: the refresh FAILED (${failure?.code ?? ""})`,
    lines: [
      `Why: ${reason(run) ?? ""}`,
      `Next: ${cloudWords(failure?.remedy ?? "", LONGEST)}`,
      still === null ? "No image is current" : `Current is still ${still}`,
      `More: regild status ${id}`,
    ],
  };
}

export function promoted(run: Run): Said {
  return { title: `${run.recipeName}: the new image is current`, lines: linesOfImage(run) };
}

export function recovered(run: Run): Said {
  const title = `${run.recipeName}: recovered, the new image is current`;
  return { title, lines: linesOfImage(run) };
}

function linesOfImage({ candidate, imageName, endedAtMs, startedAtMs, id }: Run): string[] {
  const took = duration(Math.max(0, ((endedAtMs ?? startedAtMs) - startedAtMs) / 1000));
  const name = cloudWords(imageName ?? candidate?.creationName ?? "");
  return [name, candidate?.id ?? "", `Took ${took}. Run ${id}`];
}

export function wentBack(
  recipe: string,
  { by, reason: why, kind, revoked }: PointerChange,
  image: Image,
): Said {
  const what = kind === "revoked" ? `${by} revoked ${revoked ?? "an image"}` : `By ${by}`;
  return {
    title: `${recipe}: an earlier image is current again`,
    lines: [
      cloudWords(image.name),
      image.id,
      cloudWords(why === null ? what : `${what}: ${why}`, LONGEST),
    ],
  };
}

export function approval(run: Run, untilMs: number): Said {
  const { recipeName: recipe, id, candidate, imageName } = run;
  return {
    title: `${recipe}: an image waits for approval`,
    lines: [
      cloudWords(imageName ?? candidate?.creationName ?? ""),
      `Until ${minuteOf(untilMs)}, then it is rejected`,
      `See it: regild status ${id}`,
      `Answer: regild approve ${id}, or regild reject ${id} --reason WHY`,
    ],
  };
}

export function unusable(
  recipe: string,
  { status, why }: NonNullable<CurrentCheck["fault"]>,
  image: Image,
): Said {
  const what =
    status === SYNC_FAILED
      ? "did not reach every zone (the cloud reported it after the promotion)"
      : `is ${status}`;
  return {
    title: `${recipe}: the current image ${cloudWords(what, LONGEST)}`,
    lines: [
      cloudWords(image.name),
      image.id,
      ...(why === null ? [] : [`Why: ${cloudWords(why, LONGEST)}`]),
      `Next: regild rollback ${recipe}, or regild refresh ${recipe}`,
    ],
  };
}

export function overdue(recipe: string, recipeState: RecipeState | null, nowMs: number): Said {
  const still = currentImage(recipeState, nowMs);
  return {
    title: `${recipe}: no new image by its schedule`,
    lines: [
      still === null ? "No image is current" : `Current is ${still}`,
      `Next: regild runs ${recipe}`,
    ],
  };
}

export function standingStill(run: Run, nowMs: number): Said {
  const { recipeName: recipe, id, step, reconcileAtMs } = run;
  return {
    title: `${recipe}: the run stands still`,
    lines: [
      `In ${step}, nobody has worked on it for ${about((nowMs - reconcileAtMs) / 1000)}`,
      `Next: regild status ${id}, and regild retry`,
    ],
  };
}

export function cleanUpStopped(recipe: string, why: string): Said {
  return {
    title: `${recipe}: the clean-up has stopped, and deletes nothing`,
    lines: [
      `Why: ${cloudWords(why, LONGEST)}`,
      `Next: regild images ${recipe}, and raise max_deletes if they all may go`,
    ],
  };
}

export function paused(recipe: string, pause: Pause): Said {
  return {
    title: `${recipe}: the schedule is paused`,
    lines: [
      cloudWords(pauseText(pause), LONGEST),
      `Next: fix the cause, then regild refresh ${recipe}, or regild resume ${recipe}`,
    ],
  };
}

export function deletingSoon(recipe: string, image: Image, goesAtMs: number): Said {
  return {
    title: `${recipe}: an old image is deleted soon`,
    lines: [
      cloudWords(image.name),
      image.id,
      `From ${minuteOf(goesAtMs)}, unless a server or volume uses it`,
      `To keep it: regild pin ${image.id} --reason WHY`,
    ],
  };
}

function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
