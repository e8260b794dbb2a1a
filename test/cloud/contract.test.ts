import { homedir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { loadClouds } from "../../local/clouds-files.ts";
import { openTransport } from "../../local/transport.ts";
import { describeCloud } from "../contract/cloud.contract.ts";
import type { Target } from "../contract/target.ts";
import { operator } from "./operator.ts";

/** The cloud of OS_CLOUD. `REGILD_TEST_OTHER_CLOUD` names an entry for a second project of it. */
function realTarget(): Target {
  const { env } = process;
  const { clouds, transports, defaultCloud } = loadClouds({
    env,
    cwd: process.cwd(),
    home: homedir(),
  });
  const config = clouds.get(defaultCloud ?? "");
  const transport = transports.get(defaultCloud ?? "");
  if (config === undefined || transport === undefined) {
    throw new Error("Set OS_CLOUD to a cloud of clouds.yaml: these tests make and delete servers.");
  }
  return {
    config,
    http: openTransport(transport),
    now: () => Date.now(),
    pass: (seconds) => sleep(seconds * 1000),
    boot: {
      flavorName: env["REGILD_TEST_FLAVOR"] ?? "lab.tiny",
      imageName: env["REGILD_TEST_IMAGE"] ?? "lab-base",
      network: env["REGILD_TEST_NETWORK"] ?? "none",
    },
    networkName: operator() === null ? null : "lab-net",
    other: clouds.get(env["REGILD_TEST_OTHER_CLOUD"] ?? "lab-other") ?? null,
    operator: operator(),
  };
}

const target = realTarget();
describeCloud(`the cloud ${target.config.name}`, target);
