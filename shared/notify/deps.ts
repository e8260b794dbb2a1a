import type { Log, Outgoing } from "../ports.ts";
import type { Deps } from "../protocol/step.ts";
import type { Mailer } from "./mail.ts";
import type { Target } from "./target.ts";

export interface NotifyDeps extends Pick<Deps, "store" | "ids" | "queue" | "now"> {
  log: Log;
  outgoing: Outgoing;
  mailer: Mailer;
  /** Who can be told, by the names of regild.yml. */
  targets: () => Promise<ReadonlyMap<string, Target>>;
}
