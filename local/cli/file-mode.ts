import { statSync } from "node:fs";

const GROUP_AND_OTHERS = 0o077;
/** A file that root hands to this service, as systemd and Kubernetes do: its group may be the service's alone. */
const HANDED_OVER = 0o027;

/** The mode of a file with a secret, as `644`, if others than its owner may read or write it. Null: nobody else may. */
export function modeForOthers(file: string): string | null {
  const { mode: fileMode, uid } = statSync(file);
  const mode = fileMode & 0o777;
  const isHandedOver = uid === 0 && process.getuid?.() !== 0;
  return (mode & (isHandedOver ? HANDED_OVER : GROUP_AND_OTHERS)) === 0 ? null : mode.toString(8);
}
