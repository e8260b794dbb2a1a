import * as z from "zod/mini";
import { BUILT_IN, HOOK_TIMEOUT } from "./built-in.ts";
import { boolean, duration, mapping, name, optional } from "./field.ts";

const MS_PER_SECOND = 1_000;

const hook = mapping(
  {
    to: name("to: guest").check(
      z.meta({
        description: "A callback of regild.yml, with url: and secrets:",
        examples: ["guest"],
      }),
    ),
    timeout: optional(duration("timeout", HOOK_TIMEOUT, MS_PER_SECOND), {
      description: "How long the answer may take. Without one by then the run fails",
    }),
  },
  "hook: { to: guest }",
);

export const prepare = mapping(
  {
    stop_server: optional(boolean(), {
      description:
        "Stop the server, or every server that has the volume, for a consistent disk, and start it again, also after any failure. An outage: of an image-backed server, and with capture: volume, for the whole upload",
      default: BUILT_IN.prepare.stop_server,
    }),
    stop_timeout: optional(duration("stop_timeout", BUILT_IN.prepare.stop_timeout, MS_PER_SECOND), {
      description: "How long the server may take to reach SHUTOFF",
    }),
    wait_for_shutoff: optional(duration("wait_for_shutoff", "30m", MS_PER_SECOND), {
      description:
        "In place of stop_server, for a guest that powers itself off, as after Sysprep: wait so long for SHUTOFF, and ask nobody to stop. The server is started again afterwards",
    }),
    hook: optional(hook, {
      description:
        "Ask an address by a signed request before the server is stopped, and go on when it says so. For what only the guest can do",
    }),
    restore: optional(
      z.literal("snapshot", {
        error: "is not a way to put disks back. Write restore: snapshot, or take it out",
      }),
      {
        description:
          "Put the volume back as it was before the guest prepared it: the server is stopped once more for a snapshot, and after the image the volume is detached, reverted and attached again. Only for a data disk of one server, with capture: volume and a hook or wait_for_shutoff",
      },
    ),
    allow_live: optional(boolean(), {
      description:
        "With capture: volume, upload the volume also while a server that has it runs. The upload reads the disk for minutes, so the image may hold parts of files",
      default: BUILT_IN.prepare.allow_live,
    }),
  },
  "prepare: { stop_server: true }",
);

export const PREPARE_KEYS = Object.keys(prepare.shape);
export const HOOK_KEYS = Object.keys(hook.shape);
