import { expect, it } from "vitest";
import { recipe } from "../unit/builders.ts";
import { ended } from "./ended.ts";
import { Installation } from "./installation.ts";

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
    const prepare = {
      stopServer: is.source.kind === "server",
      waitForShutoffMs: null,
      restore: null,
      hook: null,
      stopTimeoutMs: 60_000,
      allowLive: false,
    };
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
