import { afterAll, beforeAll, describe } from "vitest";
import { adapterContract } from "./cloud/adapter.ts";
import { chosenIdsContract } from "./cloud/chosen-ids.ts";
import { identityContract } from "./cloud/identity.ts";
import { imageLifeContract } from "./cloud/image-life.ts";
import { imageListContract } from "./cloud/image-list.ts";
import { membersContract } from "./cloud/members.ts";
import { revertsContract } from "./cloud/reverts.ts";
import { serverImageContract } from "./cloud/server-image.ts";
import { serversContract } from "./cloud/servers.ts";
import { uploadsContract } from "./cloud/uploads.ts";
import { versionsContract } from "./cloud/versions.ts";
import { volumeServerImageContract } from "./cloud/volume-server-image.ts";
import { volumesContract } from "./cloud/volumes.ts";
import { Stage } from "./stage.ts";
import type { Target } from "./target.ts";

export { NEEDS_OPERATOR } from "./needs-operator.ts";

const GROUPS: Record<string, (stage: Stage) => void> = {
  identity: identityContract,
  versions: versionsContract,
  "images in lists": imageListContract,
  "an image's life": imageLifeContract,
  "members of an image": membersContract,
  volumes: volumesContract,
  "images of volumes": uploadsContract,
  "volumes that are put back": revertsContract,
  servers: serversContract,
  "images of servers": serverImageContract,
  "images of volume-backed servers": volumeServerImageContract,
  "images with chosen ids": chosenIdsContract,
  "the adapter's ports": adapterContract,
};

/** What Regild relies on in an OpenStack: the same for a real one and for the simulated one. */
export function describeCloud(name: string, target: Target): void {
  describe(name, () => {
    const stage = new Stage(target);
    beforeAll(() => stage.open());

    for (const [group, contract] of Object.entries(GROUPS)) {
      describe(group, () => {
        contract(stage);
        // Group by group, as projects have small quotas by default.
        afterAll(() => stage.clear());
      });
    }
  });
}
