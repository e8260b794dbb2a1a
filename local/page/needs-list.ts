import type * as z from "zod/mini";
import { deadLettersNeedYou } from "../cli/text/dead-letters.ts";
import { hostNeedsYou, recipesNeedYou } from "../cli/text/host.ts";
import { type NeedText, recipeNeedTexts } from "../cli/text/recipe-needs.ts";
import type { RecipeStatus, statusDocument } from "../view/status.ts";
import { html, type Html } from "./html.ts";
import { recipePath, runPath } from "./words.ts";

/** More are counted, not listed: the list is to be read. */
const LISTED = 50;

/** A recipe, or the installation itself, that needs somebody. */
export interface Needy {
  /** Null: the installation. */
  recipe: RecipeStatus | null;
  needs: ReadonlyArray<Pick<NeedText, "cause" | "next">>;
}

/** All that `regild status --check` counts. */
export function needyOf(status: z.infer<typeof statusDocument>, nowMs: number): Needy[] {
  const ofAll = [
    hostNeedsYou(status, nowMs),
    recipesNeedYou(status.host),
    deadLettersNeedYou(status.stuck_dead_letters),
  ];
  const installation = ofAll.flatMap((text): Needy[] => {
    if (text === null) return [];
    const [cause = "", next = ""] = text.split(/(?<=\.|you:) /);
    return [{ recipe: null, needs: [{ cause, next }] }];
  });
  const recipes = status.recipes
    .filter(({ needs_you: needsYou }) => needsYou)
    .map((recipe): Needy => ({ recipe, needs: recipeNeedTexts(recipe, nowMs) }));
  return [...installation, ...recipes];
}

export function needsList(needy: readonly Needy[]): Html | null {
  if (needy.length === 0) return null;
  const more = needy.length - LISTED;
  return html`<section class="needs" aria-labelledby="needs-title">
    <h2 id="needs-title">Needs you</h2>
    <ul>
      ${needy.slice(0, LISTED).map(needyItem)}
    </ul>
    ${more > 0 && html`<p>And ${more} more: regild status --check</p>`}
  </section>`;
}

function needyItem({ recipe, needs }: Needy): Html {
  const run = recipe?.last_run ?? null;
  return html`<li>
    <h3>
      ${
        recipe === null
          ? "This installation"
          : html`<a href="${recipePath(recipe.recipe)}">${recipe.recipe}</a>`
      }
      ${
        run?.approval?.state === "waiting" &&
        html`<a class="more" href="${runPath(run.id)}">Compare the images and answer</a>`
      }
      ${
        run?.state === "failed" &&
        html`<a class="more" href="${runPath(run.id)}">See the failed run</a>`
      }
    </h3>
    ${needs.map(needText)}
  </li>`;
}

/** The cause, and what to do. */
export function needText({ cause, next }: Pick<NeedText, "cause" | "next">): Html {
  return html`<div class="need">
    <p class="cause">${cause}</p>
    ${next !== "" && html`<p class="next"><b>Next:</b> ${next}</p>`}
  </div>`;
}
