import { afterAll, describe, expect, it } from "vitest";
import { cleanUpScenarios } from "./scenarios/clean-up.ts";
import { decisionScenarios } from "./scenarios/decisions.ts";
import { doctorScenarios } from "./scenarios/doctor.ts";
import { forcedUploadScenarios } from "./scenarios/forced-upload.ts";
import { interruptedUploadScenarios } from "./scenarios/interrupted-upload.ts";
import { guestInNetworkScenarios } from "./scenarios/guest-in-network.ts";
import { killedHostScenarios } from "./scenarios/killed-host.ts";
import { preparedGuestScenarios } from "./scenarios/prepared-guest.ts";
import { refreshScenarios } from "./scenarios/refresh.ts";
import { refusalScenarios } from "./scenarios/refusal.ts";
import { restoredDiskScenarios } from "./scenarios/restored-disk.ts";
import { retentionScenarios } from "./scenarios/retention.ts";
import { sharingScenarios } from "./scenarios/sharing.ts";
import { sourceScenarios } from "./scenarios/source.ts";
import { stoppedFirstScenarios } from "./scenarios/stopped-first.ts";
import { testBootScenarios } from "./scenarios/test-boot.ts";
import { webhookScenarios } from "./scenarios/webhook.ts";
import { zoneScenarios } from "./scenarios/zones.ts";
import { wholeBuildScenarios } from "./scenarios/whole-build.ts";
import { signIn } from "./sign-in.ts";
import { openStage } from "./stage.ts";
import { type Inventory, inventory, type Thing } from "./support.ts";

const stage = openStage();
const cloud = await signIn();
const before = await inventory(cloud);
const needsOperator = describe.skipIf(stage.operator === null);
afterAll(() => stage.operator?.uploads());

describe.concurrent("end to end", () => {
  needsOperator("an upload that does not go well", () => interruptedUploadScenarios(stage));
  describe("a host that is killed", () => killedHostScenarios(stage));
  needsOperator("a cloud that says no", () => refusalScenarios(stage));
  describe("refreshed three times", () => refreshScenarios(stage));
  describe("what is not deleted", () => retentionScenarios(stage));
  describe("what people decide", () => decisionScenarios(stage));
  describe("images for another project", () => sharingScenarios(stage));
  describe("a clean-up", () => cleanUpScenarios(stage));
  describe("a source that is not there", () => sourceScenarios(stage));
  describe("before the first night", () => doctorScenarios(stage));
  needsOperator("servers that are off first", () => stoppedFirstScenarios(stage));
  needsOperator("a guest that prepares itself", () => preparedGuestScenarios(stage));
  needsOperator("a disk that is put back", () => restoredDiskScenarios(stage));
  describe("a test boot", () => testBootScenarios(stage));
  needsOperator("a guest in its network", () => guestInNetworkScenarios(stage));
  describe.skipIf(cloud.imageRegions.length < 2)("several zones", () => zoneScenarios(stage));
  describe("a webhook", () => webhookScenarios(stage));
  describe("a build", () => wholeBuildScenarios(stage));
});

// By itself: the volume service is restarted.
needsOperator("where forced uploads are not allowed", () => forcedUploadScenarios(stage));

it("nothing is in the project that was not there before", async () => {
  const known = new Set(idsOf(before));
  expect(idsOf(await inventory(cloud)).filter((id) => !known.has(id))).toEqual([]);
});

function idsOf(things: Inventory): string[] {
  return Object.values(things).flatMap((kind: Thing[]) =>
    kind.map(({ id, name }) => `${id} ${name}`),
  );
}
