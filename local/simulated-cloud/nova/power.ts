import type { Answer } from "../answers.ts";
import type { Call } from "../call.ts";
import { beginAction, checkLock, checkState, endAction, serverOf } from "./server.ts";

/** os-stop: accepted, then `powering-off` until the guest is down. */
export function stopServer(call: Call): Answer {
  const server = serverOf(call);
  checkLock(server);
  checkState(server, "stop", ["active", "error"]);
  server.taskState = "powering-off";
  const action = beginAction(call, server, "stop", "compute_stop_instance");
  call.world.after(call.world.settings.stopSeconds, () => {
    endAction(call.world, action, false);
    if (server.taskState !== "powering-off") return;
    server.taskState = null;
    server.vmState = "stopped";
    server.updatedAtMs = call.world.nowMs;
  });
  return { status: 202 };
}

/** os-start: not while an image of the stopped server is being uploaded. */
export function startServer(call: Call): Answer {
  const server = serverOf(call);
  checkLock(server);
  checkState(server, "start", ["stopped"]);
  server.taskState = "powering-on";
  const action = beginAction(call, server, "start", "compute_start_instance");
  call.world.after(call.world.settings.startSeconds, () => {
    endAction(call.world, action, false);
    if (server.taskState !== "powering-on") return;
    server.taskState = null;
    server.vmState = "active";
    server.updatedAtMs = call.world.nowMs;
  });
  return { status: 202 };
}

export function lockServer(call: Call): Answer {
  serverOf(call).locked = true;
  return { status: 202 };
}

export function unlockServer(call: Call): Answer {
  serverOf(call).locked = false;
  return { status: 202 };
}
