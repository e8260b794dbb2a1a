import type { Run } from "../../../shared/run/record.ts";
import type { HookEvent } from "../hooks.ts";
import type { Asked } from "./asked.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** What the hook itself has said counts, and not what a record has of it. */
export class Hooks implements Rule {
  /** `run attempt` whose hook has said that the source is ready. */
  private readonly ready = new Set<string>();
  private readonly asked = new Map<string, string>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  hook({ kind, run: id, attempt, message }: HookEvent): void {
    const name = `${id} ${attempt}`;
    if (kind === "ready") this.ready.add(name);
    if (kind !== "asked") return;
    const run = this.is.records.run(id);
    if (run === null || (run.attempt === attempt && run.hook === null))
      this.is.broken("a hook is asked once the run's record says so", name);
    const before = this.asked.get(name);
    if (before !== undefined && before !== message)
      this.is.broken("a hook that is asked again gets the same id and body", name);
    this.asked.set(name, message);
  }

  called(asked: Asked): void {
    if (asked.kind !== "stop" && asked.kind !== "create") return;
    const run = this.is.records.runs.all().find(({ intent }) => isOf(intent, asked));
    if (run === undefined || run.recipe.prepare.hook === null) return;
    if (this.ready.has(`${run.id} ${run.attempt}`)) return;
    // Before it is asked, the disk is saved while the server is off.
    if (run.recipe.prepare.restore !== null && run.savedDisk?.readyAtMs == null) return;
    this.is.broken(
      asked.kind === "stop"
        ? "no source is stopped before its hook says that it is ready"
        : "no image is made before its hook says that the source is ready",
      run.id,
    );
  }

  run({ before, now }: Change<Run>): void {
    const name = `${now.id} ${now.attempt}`;
    if (now.recipe.prepare.hook === null || this.ready.has(name)) return;
    if (before?.step === "prepare-source" && now.step === "create-image")
      this.is.broken("no image is made before its hook says that the source is ready", name);
  }
}

function isOf(intent: Run["intent"], asked: Asked): boolean {
  if (intent === null) return false;
  if (asked.kind === "stop")
    return intent.kind === "stop-server" && intent.serverId === asked.server;
  return asked.kind === "create" && intent.kind !== "create-server" && intent.name === asked.name;
}
