import { expect, it } from "vitest";
import type { CloudRef } from "../../../shared/cloud-ports.ts";
import type { Ctx } from "../../../shared/context.ts";
import { memberUsers } from "../../../shared/image/member-users.ts";
import { CloudError } from "../../../shared/openstack/errors.ts";
import { recipeState, volume } from "../builders.ts";

const PROJECT = "8d2a6c0b5e5f4b2f9f3f0e8a4c7b6d52";
const WHERE = { cloud: "mycloud", region: null, projectId: "owner", sourceId: "source-1" };
const IMAGE = { id: "image-1", where: WHERE };
const sharing = {
  members: [{ project: PROJECT, cloud: "consumer", accept: true }],
  unshareRetired: false,
};

/** The image is in region R1. By default, the member's entry asks R2. */
function ctx({ projectId = PROJECT, odd = [] as string[], lost = "" } = {}): Ctx {
  const openCloud = ({ cloud, region }: CloudRef) => {
    const at = region ?? (cloud === "mycloud" ? "R1" : "R2");
    const isThere = at === "R1" && projectId === PROJECT;
    return {
      region: async () => {
        if (cloud === lost) throw new CloudError("no answer", { kind: "transient" });
        return at;
      },
      authenticate: async () => ({ projectId }),
      compute: { serversFrom: async () => (isThere ? ["app-1"] : []) },
      volumes: {
        volumes: async () => odd.map((field) => volume({ id: field, oddFields: [field] })),
      },
    };
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
  return { openCloud } as unknown as Ctx;
}
const users = (on: Ctx) => memberUsers(on, recipeState({ sharing }), IMAGE);

it("a member is asked in the region that the image is in, whatever its own entry says", async () => {
  expect(await users(ctx())).toEqual([`server app-1 of project ${PROJECT}`]);
});

it("credentials of another project say nothing of the member, which may use the image", async () => {
  expect(await users(ctx({ projectId: "another" }))).toEqual([
    `project ${PROJECT}, maybe: it cannot be asked (consumer of clouds.yaml is for project another, not ${PROJECT})`,
  ]);
});

it("a member may use the image if nobody knows the region that the image is in", async () => {
  expect(await users(ctx({ lost: "mycloud" }))).toEqual([
    `project ${PROJECT}, maybe: it cannot be asked (no answer)`,
  ]);
});

it.each(["record", "snapshot_id", "volume_image_metadata"])(
  "a member's volume whose %s cannot be read may use the image",
  async (field) => {
    expect(await users(ctx({ odd: [field, "name"] }))).toEqual([
      `server app-1 of project ${PROJECT}`,
      `volume ${field} of project ${PROJECT}, maybe: it cannot be read`,
    ]);
  },
);
