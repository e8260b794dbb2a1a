import { expect, it } from "vitest";
import { start } from "../../shared/protocol/start.ts";
import { reconcile } from "../../shared/protocol/reconcile.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { refresh } from "../../shared/steps/refresh.ts";
import { recipe } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const MAX_CHECKS = 100;

/** One run of this recipe, to its end. */
async function ended(on: Installation, of: Recipe): Promise<Run> {
  on.recipes.set(of.name, of);
  const trigger = { kind: "command" as const, by: "anna", id: "anna 1" };
  const id = await start(on.backend, "home01home02", of, trigger);
  for (let observe = 0; observe < MAX_CHECKS; observe++) {
    const run = await on.run(id);
    if (run.outcome !== null) return run;
    on.nowMs = Math.max(on.nowMs, run.reconcileAtMs) + 1;
    const { key, version } = await on.item(runKey(id));
    await reconcile(on.backend, refresh, { key, version }, new Map());
  }
  throw new Error(`${id} does not end`);
}

function withServer(): Installation {
  const on = new Installation();
  const base = on.cloud.operator.addImage({ name: "debian-12" });
  on.cloud.operator.addServer({ name: "web-golden", image: base });
  on.cloud.operator.addVolume({ name: "data" });
  return on;
}

const changed = (on: Installation): string[] =>
  on.requests
    .filter(({ method, url }) => method !== "GET" && !url.endsWith("/auth/tokens"))
    .map(
      ({ method, url }) =>
        `${method} ${new URL(url).pathname.replace(/^\/\w+\/\w+\/(?=v2\/)/, "/")}`,
    );

it.each([
  ["public", { source: { kind: "server", idOrName: "web-golden" }, capture: "server" }],
  ["community", { source: { kind: "server", idOrName: "web-golden" }, capture: "server" }],
  ["public", { source: { kind: "volume", idOrName: "data" }, capture: "volume" }],
] as const)(
  "an image that may not be %s is refused before the server stops and before an upload (%o)",
  async (visibility, is) => {
    const on = withServer();
    on.cloud.settings.refusedVisibilities = ["public", "community"];
    const image = { ...recipe().image, visibility, diskFormat: "raw" as const };
    const prepare = { stopServer: is.source.kind === "server", stopTimeoutMs: 60_000 };
    const images = on.cloud.world.firstZone.images.size;

    const run = await ended(on, recipe({ ...is, image, prepare }));

    expect(run.failure).toMatchObject({ code: "visibility-refused", step: "prepare-source" });
    expect(run.failure?.evidence).toContainEqual(
      expect.objectContaining({
        method: "POST",
        path: expect.stringMatching(/\/v2\/images$/),
        status: 403,
      }),
    );
    expect(run.stoppedAtMs).toBeNull();
    expect(changed(on)).toEqual(["POST /v2/images"]);
    expect(on.cloud.world.firstZone.images.size).toBe(images);
  },
);

it.each(["public", "community", "shared", "private"] as const)(
  "an image that may be %s becomes so",
  async (visibility) => {
    const on = withServer();
    on.cloud.settings.refusedVisibilities = [];
    const run = await ended(on, recipe({ image: { ...recipe().image, visibility } }));
    expect(run.outcome).toBe("succeeded");
    const image = on.cloud.world.firstZone.images.get(run.candidate?.id ?? "");
    expect(image?.visibility).toBe(visibility);
    const asked = changed(on).filter((call) => call === "POST /v2/images");
    expect(asked).toHaveLength(visibility === "public" || visibility === "community" ? 1 : 0);
  },
);
