import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { ImageView } from "../view/images.ts";
import type { PauseView } from "../view/pause.ts";
import { html, type Html, type Part } from "./html.ts";
import type { PageText } from "./layout.ts";
import { recipePath, runPath } from "./words.ts";
import type { Viewer } from "./viewer.ts";

/** A form that changes something. It shows only to who may; the host asks again when the form arrives. */
export function form(
  viewer: Viewer,
  action: string,
  { fields = null, button, isGrave = false }: { fields?: Part; button: string; isGrave?: boolean },
): Html {
  return html`<form class="act" method="post" action="${action}">
    <input type="hidden" name="csrf" value="${viewer.csrf ?? ""}" />
    ${fields}<button type="submit" class="${isGrave ? "grave" : "plain"}">${button}</button>
  </form>`;
}

function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}

function textField(
  name: string,
  label: string,
  more: { value?: string; isNeeded?: boolean },
): Html {
  return html`<label
    >${label}
    <input
      type="text"
      name="${name}"
      value="${more.value ?? ""}"
      maxlength="500"
      ${more.isNeeded === true && "required"}
  /></label> `;
}

/** What somebody may do with a recipe: refresh it, pause it or end its pause. Null: nothing. */
export function recipeForms(
  recipe: Recipe,
  is: { seq: number; paused: PauseView | null },
  viewer: Viewer,
): Html | null {
  const path = recipePath(recipe.name);
  const forms = [
    ...(is.paused?.scope !== "everything" && viewer.may("refresh", recipe.name)
      ? [
          form(viewer, `${path}/refresh`, {
            fields: refreshFields(recipe, is.seq),
            button: "Refresh now",
          }),
        ]
      : []),
    ...(is.paused !== null && viewer.may("resume", recipe.name)
      ? [form(viewer, `${path}/resume`, { button: "End the pause" })]
      : []),
    ...(is.paused === null && viewer.may("pause", recipe.name)
      ? [html`<a href="${path}/pause">Pause …</a>`]
      : []),
    ...cleanUpLinks(recipe.name, viewer),
  ];
  return actions(forms);
}

/** Of a recipe that is in recipes.yml no more. */
export function formsOfGoneRecipe(recipe: string, viewer: Viewer): Html | null {
  return actions(cleanUpLinks(recipe, viewer));
}

function actions(parts: Html[]): Html | null {
  return parts.length === 0 ? null : html`<div class="actions">${parts}</div>`;
}

function cleanUpLinks(recipe: string, viewer: Viewer): Html[] {
  if (!viewer.may("clean up", recipe)) return [];
  return [html`<a href="${recipePath(recipe)}/clean-up">Clean up …</a>`];
}

/** The number of runs so far makes it one request, however often the button is pressed. */
function refreshFields({ inputs }: Recipe, seq: number): Part {
  const fields = Object.entries(inputs).map(([name, input]) =>
    textField(`input.${name}`, name, {
      value: input.default ?? "",
      isNeeded: input.default === null,
    }),
  );
  return [hidden("key", `page ${seq}`), ...fields];
}

export function cancelLink(run: { id: string; recipe: string }, viewer: Viewer): Html | null {
  if (!viewer.may("cancel", run.recipe)) return null;
  return html`<div class="actions"><a href="${runPath(run.id)}/cancel">Cancel this run …</a></div>`;
}

/** The answers to a run that waits for a person. Null: the viewer may give none. */
export function approvalForms(run: { id: string; recipe: string }, viewer: Viewer): Html | null {
  if (!viewer.may("approve", run.recipe)) return null;
  const path = runPath(run.id);
  const why = textField("reason", "Why not", { isNeeded: true });
  return html`<div class="actions">
    ${form(viewer, `${path}/approve`, { button: "Make it the current image" })}
    ${form(viewer, `${path}/reject`, { fields: why, button: "Reject and delete it", isGrave: true })}
  </div>`;
}

/** To an earlier image that is still there. */
export function rollbackLink(recipe: string, image: string, viewer: Viewer): Html | null {
  if (!viewer.may("rollback", recipe)) return null;
  const query = new URLSearchParams({ image }).toString();
  return html`<a href="${recipePath(recipe)}/rollback?${query}">Make current again …</a>`;
}

/** Keeps an image, or lets the rules delete it again. */
export function pinForm(recipe: string, image: ImageView, viewer: Viewer): Html | null {
  const canBe = image.state === "current" || image.state === "retired";
  if (image.pinned !== null) {
    if (!viewer.may("unpin", recipe)) return null;
    const fields = hidden("image", image.id);
    return form(viewer, `${recipePath(recipe)}/unpin`, { fields, button: `Unpin ${image.name}` });
  }
  if (!canBe || !viewer.may("pin", recipe)) return null;
  const query = new URLSearchParams({ image: image.id }).toString();
  return html`<a href="${recipePath(recipe)}/pin?${query}">Pin …</a>`;
}

export function pinPage(
  recipe: string,
  image: { id: string; name: string },
  viewer: Viewer,
): PageText {
  const fields = [hidden("image", image.id), textField("reason", "Why", { isNeeded: true })];
  const body = html`<h1>Pin ${image.name}?</h1>
    <p>
      Regild does not delete the image until somebody unpins it. It takes no place among the images
      that are kept.
    </p>
    ${form(viewer, `${recipePath(recipe)}/pin`, { fields, button: "Pin it" })}
    <p><a href="${recipePath(recipe)}">Back to ${recipe}</a></p>`;
  return { title: `Pin ${image.name}`, body, refreshSeconds: null };
}

export function cancelPage(run: string, viewer: Viewer): PageText {
  const body = html`<h1>Cancel ${run}?</h1>
    <p>
      The run undoes what it did: it starts a stopped server again and deletes the unfinished image.
    </p>
    ${form(viewer, `${runPath(run)}/cancel`, { button: "Cancel the run", isGrave: true })}
    <p><a href="${runPath(run)}">Back to the run</a></p>`;
  return { title: `Cancel ${run}`, body, refreshSeconds: null };
}

/** @param from the image that is current now: if another one is by then, nothing is changed. */
export function rollbackPage(
  recipe: string,
  image: { id: string; name: string },
  from: string | null,
  viewer: Viewer,
): PageText {
  const fields = [
    hidden("image", image.id),
    hidden("from", from ?? ""),
    textField("reason", "Why", {}),
  ];
  const body = html`<h1>Make ${image.name} the current image of ${recipe}?</h1>
    <p>
      Regild first looks whether the image is usable. Look-ups by tag then find it. The image that
      is current now is kept.
    </p>
    ${form(viewer, `${recipePath(recipe)}/rollback`, { fields, button: "Make it current", isGrave: true })}
    <p><a href="${recipePath(recipe)}">Back to ${recipe}</a></p>`;
  return { title: `Roll back ${recipe}`, body, refreshSeconds: null };
}

export function pausePage(recipe: string, viewer: Viewer): PageText {
  const fields = textField("reason", "Why", { isNeeded: true });
  const body = html`<h1>Pause ${recipe}?</h1>
    <p>
      Nothing starts it by itself, and no old image is deleted, until somebody ends the pause. A run
      that is at work goes on to its end.
    </p>
    ${form(viewer, `${recipePath(recipe)}/pause`, { fields, button: "Pause it" })}
    <p><a href="${recipePath(recipe)}">Back to ${recipe}</a></p>`;
  return { title: `Pause ${recipe}`, body, refreshSeconds: null };
}
