import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { blocksOf } from "./blocks.ts";
import { BUILD_FILES, runWholeBuild } from "./whole-build.ts";
import { openstackClient } from "./openstack-client.ts";

const TOOLS = ["curl", "jq", "openssl"];
const isMissing = (tool: string): boolean => spawnSync(tool, ["--version"]).error !== undefined;
/** In CI it is a failure. */
const cannotRun = process.env["CI"] === undefined && TOOLS.some(isMissing);

describe("docs/whole-build.md", () => {
  it("shows the files that are run here", () => {
    const shown = blocksOf("docs/whole-build.md").map(({ text }) => text);
    for (const file of BUILD_FILES)
      expect(shown).toContain(readFileSync(join("docs/whole-build", file), "utf8"));
  });

  it.skipIf(cannotRun)(
    "a build makes a server, and has its image, its callback and no server in the end",
    async () => {
      await using place = await openWorkplace({ bootSeconds: 0.2 });
      const base = place.cloud.operator.addImage({ name: "base-of-builds" });
      const client = await openstackClient(place.cloud, join(place.folder, "bin"));
      const cloudsFile = join(place.folder, "clouds.yaml");
      const built = await runWholeBuild({
        cloudName: "demo",
        version: "1.4.2",
        bin: client.folder,
        env: {
          OS_CLIENT_CONFIG_FILE: cloudsFile,
          HOME: "/nonexistent",
          BASE_IMAGE: base.id,
          FLAVOR: "1",
          NIC: "none",
        },
      });
      client.close();
      expect(built.status === 0 ? built.err : `${built.out}${built.err}${built.log}`).toBe("");
      expect(built.out).toMatch(
        /succeeded\n5\. .*\n6\. .*\n {3}image [0-9a-f-]{36}\n7\. the server is gone\n$/,
      );
      place.cloud.settle();
      const { world } = place.cloud;
      expect([...world.servers.values()].map(({ name }) => name)).toEqual(["web"]);
      const images = [...world.firstZone.images.values()];
      const [image] = images.filter(({ name }) => name?.startsWith("runner-1.4.2-"));
      expect(image?.properties).toMatchObject({ regild_version: "1.4.2" });
      expect(built.log).toContain("callback delivered");
      expect(built.log + built.out).not.toMatch(/whsec_|regild_[0-9A-Za-z]{49}/);
    },
    60_000,
  );
});
