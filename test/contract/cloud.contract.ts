import { afterAll, beforeAll, describe } from "vitest";
import { adapterContract } from "./cloud/adapter.ts";
import { identityContract } from "./cloud/identity.ts";
import { imageLifeContract } from "./cloud/image-life.ts";
import { imageListContract } from "./cloud/image-list.ts";
import { serverImageContract } from "./cloud/server-image.ts";
import { serversContract } from "./cloud/servers.ts";
import { uploadsContract } from "./cloud/uploads.ts";
import { versionsContract } from "./cloud/versions.ts";
import { volumeServerImageContract } from "./cloud/volume-server-image.ts";
import { volumesContract } from "./cloud/volumes.ts";
import { Stage } from "./stage.ts";
import type { Target } from "./target.ts";

export { NEEDS_OPERATOR } from "./needs-operator.ts";

/** What Regild relies on in an OpenStack: the same for a real one and for the simulated one. */
export function describeCloud(name: string, target: Target): void {
  describe(name, () => {
    const stage = new Stage(target);
    beforeAll(() => stage.open());
    afterAll(() => stage.clear());

    describe("identity", () => identityContract(stage));
    describe("versions", () => versionsContract(stage));
    describe("images in lists", () => imageListContract(stage));
    describe("an image's life", () => imageLifeContract(stage));
    describe("volumes", () => volumesContract(stage));
    describe("images of volumes", () => uploadsContract(stage));
    describe("servers", () => serversContract(stage));
    describe("images of servers", () => serverImageContract(stage));
    describe("images of volume-backed servers", () => volumeServerImageContract(stage));
    describe("the adapter's ports", () => adapterContract(stage));
  });
}
