import { afterAll, describe } from "vitest";
import { refreshScenarios } from "./scenarios/refresh.ts";
import { openStage } from "./stage.ts";

const stage = openStage();
afterAll(() => stage.operator?.uploads());

describe.concurrent("refreshed three times", () => refreshScenarios(stage));
