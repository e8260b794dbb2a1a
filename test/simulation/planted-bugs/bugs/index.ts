import type { PlantedBug } from "../bug.ts";
import { CALLBACK_BUGS } from "./callbacks.ts";
import { CHOSEN_ID_BUGS } from "./chosen-ids.ts";
import { BUILDS } from "./builds.ts";
import { CLEAN_UP_BUGS } from "./clean-ups.ts";
import { CREATES } from "./creates.ts";
import { DATA_DISK_BUGS } from "./data-disks.ts";
import { DELETES } from "./deletes.ts";
import { JUDGEMENT } from "./inventory.ts";
import { ENCRYPTION } from "./encryption.ts";
import { EXPORTS } from "./exports.ts";
import { HOOK_BUGS } from "./hooks.ts";
import { FULL_SERVER } from "./full-server.ts";
import { IMAGE_JOBS } from "./image-jobs.ts";
import { LEFTOVERS } from "./leftovers.ts";
import { MESSAGES } from "./messages.ts";
import { NOTIFICATION_BUGS } from "./notifications.ts";
import { LESS_WORK } from "./less-work.ts";
import { LIFE } from "./life.ts";
import { MEMBER_BUGS } from "./members.ts";
import { POOL_BUGS } from "./pools.ts";
import { PROTECTION_BUGS } from "./protection.ts";
import { QUEUED_RUNS } from "./queued-runs.ts";
import { RESTORED_DISK_BUGS } from "./restored-disks.ts";
import { ROLLBACKS } from "./rollbacks.ts";
import { STRANGERS } from "./strangers.ts";
import { TEST_BOOTS } from "./test-boots.ts";
import { COPY_BUGS } from "./copies.ts";
import { REGION_COPY_BUGS } from "./region-copies.ts";
import { ZONE_BUGS } from "./zones.ts";

export const PLANTED_BUGS: PlantedBug[] = [
  ...CREATES,
  ...CHOSEN_ID_BUGS,
  ...MESSAGES,
  ...JUDGEMENT,
  ...DELETES,
  ...LEFTOVERS,
  ...QUEUED_RUNS,
  ...BUILDS,
  ...ROLLBACKS,
  ...LESS_WORK,
  ...LIFE,
  ...MEMBER_BUGS,
  ...PROTECTION_BUGS,
  ...CLEAN_UP_BUGS,
  ...STRANGERS,
  ...TEST_BOOTS,
  ...ZONE_BUGS,
  ...COPY_BUGS,
  ...REGION_COPY_BUGS,
  ...POOL_BUGS,
  ...RESTORED_DISK_BUGS,
  ...FULL_SERVER,
  ...IMAGE_JOBS,
  ...EXPORTS,
  ...ENCRYPTION,
  ...DATA_DISK_BUGS,
  ...CALLBACK_BUGS,
  ...HOOK_BUGS,
  ...NOTIFICATION_BUGS,
];
