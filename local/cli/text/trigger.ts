import type { RunView } from "../../view/run.ts";

/** `anna (cli)`, `schedule`, `webhook ci`. */
export function triggerText({ trigger: { kind, by } }: RunView): string {
  return kind === "webhook" ? `webhook ${by}` : by;
}
