import { expect, it } from "vitest";
import * as z from "zod/mini";
import { alteredClouds } from "../altered-clouds.ts";
import { proxyBefore } from "../endpoint-proxy.ts";
import { openProgram } from "../program.ts";
import type { Regild } from "../regild.ts";
import type { Scene, Stage } from "../stage.ts";
import { expectSucceeded, printedReport } from "../run-report.ts";
import {
  observe,
  makeImage,
  makeServer,
  makeVolume,
  makeVolumeBackedServer,
  protectImage,
  removeNow,
} from "../support.ts";
import { QUICK } from "../upload-turns.ts";

/** With `keep: 1` and no cooling-off time: what is not deleted, is not because of what these tests say. */
export function retentionScenarios(stage: Stage): void {
  it("a retired image that somebody has protected is not deleted", async () => {
    await using scene = await stage.scene("protected");
    await makeVolume(scene.cloud, scene.name);
    const regild = await scene.regild({
      volume: scene.name,
      keep: 1,
      image: { disk_format: "qcow2" },
    });
    const first = await refreshed(stage, regild);
    await protectImage(scene.cloud, first, true);

    const second = await refreshed(stage, regild);

    await expectImages(scene, [first, second]);
  });

  it("an image that the recipe protects is refused to everybody, and Regild itself deletes it when its time has come", async () => {
    await using scene = await stage.scene("protects");
    const { cloud } = scene;
    await makeVolume(cloud, scene.name);
    const regild = await scene.regild({
      volume: scene.name,
      keep: 1,
      image: { disk_format: "qcow2", protected: true },
    });
    const first = await refreshed(stage, regild);
    expect(await observe(cloud, "image", first)).toMatchObject({ protected: true });
    const path = `/v2/images/${first}`;
    const byHand = await cloud.call({ service: "image", method: "DELETE", path, expected: [403] });
    expect(byHand.status).toBe(403);

    const second = await refreshed(stage, regild);

    await expectImages(scene, [second]);
    expect(await observe(cloud, "image", second)).toMatchObject({ protected: true });
  });

  it("a retired image that a server was booted from is not deleted", async () => {
    await using scene = await stage.scene("in-use");
    await makeServer(scene.cloud, scene.name);
    const regild = await scene.regild({ server: scene.name, keep: 1 });
    const first = await refreshed(stage, regild);
    await makeServer(scene.cloud, `${scene.name}-user`, first);

    const second = await refreshed(stage, regild);

    await expectImages(scene, [first, second]);
  });

  it("a snapshot stays that only an image names in a second image service of the same region", async () => {
    await using scene = await stage.scene("same-region");
    const { cloud, name } = scene;
    const [own = "", second = ""] = cloud.imageRegions;
    await makeVolumeBackedServer(cloud, name);
    await using identity = await oneRegion(scene, { from: second, to: own });
    const cloudsYaml = alteredClouds(scene.cloudName, ({ auth, ...entry }) => ({
      ...entry,
      auth: { ...auth, auth_url: identity.url },
      image_endpoint_override: cloud.url("image"),
    }));
    await using regild = openProgram(scene.recipes({ server: name, keep: 1 }), { cloudsYaml });
    const refresh = async () => {
      const { report } = await stage.uploads.during(QUICK, () =>
        regild.run("refresh", name, "--wait"),
      );
      if (report.state !== "succeeded") throw new Error(printedReport(report));
      return observe(cloud, "image", report.image?.id ?? "");
    };
    const [needed = "", other = ""] = snapshotsOf(await refresh());
    const mapping = [{ source_type: "snapshot", snapshot_id: needed, boot_index: 0 }];
    const body = { name: `${name}-theirs`, block_device_mapping: JSON.stringify(mapping) };
    const path = "/v2/images";
    await cloud.call({ service: "image", region: second, method: "POST", path, body });

    const left = [needed, ...snapshotsOf(await refresh())];

    const { snapshots } = await scene.inventory();
    expect(snapshots.map(({ id }) => id).toSorted()).toEqual(left.toSorted());
    expect(left).not.toContain(other);
  });

  it("an image made by hand of a server booted from ours is never touched, though it inherits our marks", async () => {
    await using scene = await stage.scene("by-hand");
    await makeServer(scene.cloud, scene.name);
    const regild = await scene.regild({ server: scene.name, keep: 1 });
    const ours = await refreshed(stage, regild);
    const userId = await makeServer(scene.cloud, `${scene.name}-user`, ours);
    const handMade = await stage.uploads.during(QUICK, () =>
      makeImage(scene.cloud, userId, `${scene.name}-by-hand`),
    );
    const before = await observe(scene.cloud, "image", handMade);
    expect(before).toMatchObject({ regild_owner: expect.stringContaining(ours) });
    await removeNow(scene.cloud, "server", userId);

    const next = await refreshed(stage, regild);

    await expectImages(scene, [handMade, next]);
    expect(await observe(scene.cloud, "image", handMade)).toEqual(before);
  });
}

/** @returns the id of the image that is now current. */
async function refreshed(stage: Stage, regild: Regild): Promise<string> {
  const run = await stage.uploads.during(QUICK, () => regild.refresh());
  expectSucceeded(run);
  return run.candidate?.id ?? "";
}

async function expectImages(scene: Scene, ids: string[]): Promise<void> {
  const { images } = await scene.inventory();
  expect(images.map(({ id }) => id)).toEqual(ids.toSorted((a, b) => a.localeCompare(b)));
}

const mappingSchema = z.object({ block_device_mapping: z.string() });
const entriesSchema = z.array(z.object({ snapshot_id: z.string() }));

function snapshotsOf(image: unknown): string[] {
  const { block_device_mapping: mapping } = mappingSchema.parse(image);
  return entriesSchema.parse(JSON.parse(mapping)).map(({ snapshot_id: id }) => id);
}

const tokenSchema = z.looseObject({
  token: z.looseObject({
    catalog: z.array(
      z.looseObject({
        type: z.string(),
        endpoints: z.array(z.looseObject({ region: z.string(), region_id: z.string() })),
      }),
    ),
  }),
});

/** The identity service, with a catalog in which the image services of both regions are in one. */
async function oneRegion(scene: Scene, { from, to }: { from: string; to: string }) {
  let authUrl = "";
  alteredClouds(scene.cloudName, (entry) => {
    authUrl = z.string().parse(entry.auth["auth_url"]);
    return entry;
  });
  return proxyBefore(authUrl, async ({ method, path }, forward) => {
    const answer = await forward();
    if (method !== "POST" || !path.endsWith("/auth/tokens")) return answer;
    const document = tokenSchema.parse(JSON.parse(answer.body.toString()));
    for (const { type, endpoints } of document.token.catalog) {
      for (const endpoint of endpoints) {
        if (type === "image" && endpoint.region === from)
          Object.assign(endpoint, { region: to, region_id: to });
      }
    }
    const { "content-length": _length, ...headers } = answer.headers;
    return { ...answer, headers, body: Buffer.from(JSON.stringify(document)) };
  });
}
