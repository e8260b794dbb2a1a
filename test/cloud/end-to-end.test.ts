import { afterAll, describe } from "vitest";
import { forcedUploadScenarios } from "./scenarios/forced-upload.ts";
import { interruptedUploadScenarios } from "./scenarios/interrupted-upload.ts";
import { killedHostScenarios } from "./scenarios/killed-host.ts";
import { refreshScenarios } from "./scenarios/refresh.ts";
import { refusalScenarios } from "./scenarios/refusal.ts";
import { retentionScenarios } from "./scenarios/retention.ts";
import { sourceScenarios } from "./scenarios/source.ts";
import { openStage } from "./stage.ts";

const stage = openStage();
const needsOperator = describe.skipIf(stage.operator === null);
afterAll(() => stage.operator?.uploads());

describe.concurrent("end to end", () => {
  needsOperator("an upload that does not go well", () => interruptedUploadScenarios(stage));
  describe("a host that is killed", () => killedHostScenarios(stage));
  needsOperator("a cloud that says no", () => refusalScenarios(stage));
  describe("refreshed three times", () => refreshScenarios(stage));
  describe("what is not deleted", () => retentionScenarios(stage));
  describe("a source that is not there", () => sourceScenarios(stage));
});

// By itself: the volume service is restarted.
needsOperator("where forced uploads are not allowed", () => forcedUploadScenarios(stage));
