import { Refusal } from "../answers.ts";
import { callerOf, type Operation } from "../call.ts";
import { deleteBackup, listBackups, showBackup } from "./backups.ts";
import { showVault } from "./vaults.ts";

/** Below `/v3/PROJECT`. */
function ofProject(operation: Operation): Operation {
  return {
    ...operation,
    path: `/v3/:project${operation.path}`,
    run: (call) => {
      if (call.params["project"] !== callerOf(call).project.id)
        throw new Refusal(403, "The project is not that of the token.");
      return operation.run(call);
    },
  };
}

const OPERATIONS: readonly Operation[] = [
  { method: "GET", path: "/vaults/:id", name: "cbr.showVault", run: showVault },
  { method: "GET", path: "/backups", name: "cbr.listBackups", run: listBackups },
  { method: "GET", path: "/backups/:id", name: "cbr.showBackup", run: showBackup },
  { method: "DELETE", path: "/backups/:id", name: "cbr.deleteBackup", run: deleteBackup },
];

/** The calls of Cloud Backup and Recovery that Regild makes. */
export const cbrOperations: readonly Operation[] = OPERATIONS.map(ofProject);
