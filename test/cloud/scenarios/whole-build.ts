import { expect, it } from "vitest";
import { runWholeBuild } from "../../pages/whole-build.ts";
import type { Stage } from "../stage.ts";
import { bootFrom, inventory, NETWORK, removeAll } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

/** docs/whole-build.md with the real `openstack`, `curl` and `openssl`, on this cloud. */
export function wholeBuildScenarios(stage: Stage): void {
  it("from the server that it makes to the image under its version", async () => {
    await using scene = await stage.scene("build");
    const version = `9.${Math.floor(Date.now() / 1000)}.0`;
    try {
      const built = await stage.uploads.during(QUICK, () =>
        runWholeBuild({
          cloudName: scene.cloudName,
          version,
          bin: null,
          env: {
            OS_CLOUD: scene.cloudName,
            OS_COMPUTE_API_VERSION: "2.37", // the first with --nic none
            BASE_IMAGE: bootFrom.image,
            FLAVOR: bootFrom.flavor,
            NIC: NETWORK === "none" ? "none" : `net-id=${NETWORK}`,
          },
        }),
      );
      expect(built.status === 0 ? "" : `${built.out}${built.err}${built.log}`).toBe("");
      expect(built.log).toContain("callback delivered");
      const left = await inventory(scene.cloud, version);
      expect(left).toMatchObject({ servers: [], volumes: [], snapshots: [] });
      expect(left.images).toMatchObject([
        {
          status: "active",
          regild_version: version,
          tags: expect.arrayContaining([
            "regild-current-runner",
            `regild-version-runner:${version}`,
          ]),
        },
      ]);
    } finally {
      await removeAll(scene.cloud, version);
    }
  });
}
