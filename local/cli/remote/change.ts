import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { documentSchema } from "../../view/document.ts";
import { pointerChangeDocument } from "../../view/pointer-change.ts";
import { recipeDocument } from "../../view/status.ts";
import type { App } from "../app.ts";
import { tellChange } from "../change-current.ts";
import { CommandError } from "../command-error.ts";
import { confirm } from "../confirm.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import type { Remote } from "./remote.ts";

const POLL_MS = 1_000;
const PATIENCE_MS = 45_000;

const answerSchema = z.union([
  pointerChangeDocument,
  z.extend(documentSchema, { change: z.null() }),
]);

/** `regild rollback` on another host. */
export async function rollbackThere(
  app: App,
  remote: Remote,
  recipe: string,
  is: { image: string | null; reason: string | null; yes: boolean },
): Promise<ExitStatus> {
  const path = `/v1/recipes/${encodeURIComponent(recipe)}`;
  const { current } = (await remote.get(path, recipeDocument)).recipe;
  const to = is.image ?? "an earlier image";
  if (!is.yes)
    await confirm(app, `Go back from ${current?.name ?? "no image"} to ${to} for ${recipe}?`);
  const body = { image: is.image, from: current?.id ?? null, reason: is.reason };
  return change(app, remote, `${path}/rollback`, body);
}

/** `regild revoke` on another host. */
export async function revokeThere(
  app: App,
  remote: Remote,
  image: string,
  is: { recipe: string | null; reason: string; yes: boolean },
): Promise<ExitStatus> {
  if (!is.yes) await confirm(app, `Revoke ${image} for good?`);
  const { recipe, reason, yes } = is;
  const path = `/v1/images/${encodeURIComponent(image)}/revoke`;
  return change(app, remote, path, { recipe, reason, even_if_last: yes });
}

async function change(app: App, remote: Remote, path: string, body: object): Promise<ExitStatus> {
  const { location, document } = await remote.post(path, body, answerSchema);
  if (document.change !== null) return tellChange(app, document);
  const beganMs = app.now();
  while (app.now() - beganMs < PATIENCE_MS) {
    await sleep(POLL_MS);
    const done = location === null ? null : await carriedOut(remote, location);
    if (done !== null) return tellChange(app, done);
  }
  app.output.hint(`Nobody on ${remote.origin} has carried it out yet: the request stays.`);
  return EXIT.goesOn;
}

async function carriedOut(remote: Remote, location: string) {
  try {
    return await remote.get(location, pointerChangeDocument);
  } catch (error) {
    if (error instanceof CommandError && error.code === "not-found") return null;
    throw error;
  }
}
