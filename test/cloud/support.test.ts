import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operator } from "./operator.ts";
import { signIn, type TestCloud } from "./sign-in.ts";
import * as support from "./support.ts";

const mark = `judge-${process.pid}`;
let cloud: TestCloud;

beforeAll(async () => {
  cloud = await signIn();
});
afterAll(async () => {
  operator()?.uploads();
  await support.removeAll(cloud, mark);
});

/** A judge that overlooks something would let every left-over pass. */
describe("the inventory the end-to-end tests judge by", () => {
  it("shows images of every status, hidden ones, and those of every region", async () => {
    const make = async (name: string, region: string, hidden: boolean): Promise<void> => {
      const body = { name: `${mark}-${name}`, os_hidden: hidden, protected: hidden };
      await cloud.call({ service: "image", method: "POST", path: "/v2/images", body, region });
    };
    const [here, elsewhere = here] = cloud.imageRegions.toSorted();
    await make("hidden", here ?? "", true);
    await make("elsewhere", elsewhere ?? "", false);

    const { images } = await support.inventory(cloud, mark);
    const seen = images.map((one) => `${one.name} ${one.region} ${one.status} ${one.os_hidden}`);
    expect(seen.toSorted()).toEqual([
      `${mark}-elsewhere ${elsewhere} queued false`,
      `${mark}-hidden ${here} queued true`,
    ]);
  });

  it("shows servers, volumes and snapshots until they are removed", async () => {
    const made = await support.makeVolumeBackedServer(cloud, `${mark}-db`);
    const webId = await support.makeServer(cloud, `${mark}-web`);
    const action = { createImage: { name: `${mark}-image` } };
    const path = `/servers/${made.serverId}/action`;
    await cloud.call({ service: "compute", method: "POST", path, body: action });

    const seen = await support.inventory(cloud, mark);
    const ids = (things: support.Thing[]): string[] => things.map((one) => one.id);
    expect(ids(seen.servers).toSorted()).toEqual([made.serverId, webId].toSorted());
    expect(ids(seen.volumes).toSorted()).toEqual([made.bootVolumeId, made.dataVolumeId].toSorted());
    expect(seen.snapshots.map((one) => one.name)).toEqual(
      Array.from({ length: 2 }, () => `snapshot for ${mark}-image`),
    );

    await support.removeAll(cloud, mark);
    const left = await support.inventory(cloud, mark);
    expect(left).toEqual({ servers: [], images: [], volumes: [], snapshots: [] });
  });
});
