import { CloudError } from "../../../shared/openstack/errors.ts";
import { finding, problemOf } from "../../../shared/openstack/finding.ts";
import { isAbandoned, isProcessAlive } from "./abandoned.ts";
import type { Acting, Created } from "./acting.ts";
import { type Maker, originOf } from "./mark.ts";
import { everyMarked, type MarkedThing } from "./marked.ts";
import { remove } from "./remove.ts";

const AREAS = { server: "compute", image: "image", snapshot: "volume", volume: "volume" } as const;

/** Removes what earlier doctors left behind when they were killed. Whatever is not proven to be that stays, and is told. */
export async function removeLeftovers(acting: Acting, self: Maker): Promise<void> {
  const found = await observe(acting);
  if (found === null) return;
  for (const thing of found) {
    const origin = originOf(thing.name, thing.mark);
    const named = `${thing.kind} ${thing.name} (${thing.id})`;
    if (origin === null) {
      const why = "has a doctor's name, and not its mark: it is left alone";
      acting.tell(finding("unknown", AREAS[thing.kind], `${named} ${why}`, deletion(thing)));
    } else if (isAbandoned(origin, { self, nowMs: acting.now(), isAlive: isProcessAlive })) {
      const made: Created = { kind: thing.kind, name: thing.name, id: thing.id };
      acting.made.push(made);
      await remove(acting, made, " that an earlier doctor left behind");
    } else {
      const why = "is another doctor's, which may be at work: it is left alone";
      const remedy = "If none is, the next regild doctor --act an hour later removes it";
      acting.tell(finding("unknown", AREAS[thing.kind], `${named} ${why}`, remedy));
    }
  }
}

/** Removes everything that this doctor made and that is still there, also what a create made that nobody answered. */
export async function removeOwn(acting: Acting): Promise<void> {
  acting.isCleaningUp = true;
  const found = await observe(acting);
  for (const { kind, name, id } of found ?? []) {
    if (!name.startsWith(`regild-doctor-${acting.mark.id}-`)) continue;
    const known = acting.made.find((made) => made.name === name && made.kind === kind);
    if (known === undefined) acting.made.push({ kind, name, id });
    else known.id ??= id;
  }
  for (const kind of ["server", "image", "snapshot", "volume"] as const) {
    for (const made of acting.made.filter((one) => one.kind === kind)) {
      if (made.id === null && found !== null) acting.made.splice(acting.made.indexOf(made), 1);
      else await remove(acting, made);
    }
  }
  acting.tell(ending(acting, found !== null));
}

function ending({ made, mark }: Acting, isSeen: boolean) {
  const names = `regild-doctor-${mark.id}-…`;
  if (made.length === 0 && isSeen) {
    return finding("ok", "clean-up", `nothing is left of what was made: ${names}`);
  }
  const left = made.map(({ kind, name, id }) => `${kind} ${id ?? name}`).join(", ");
  const message = left === "" ? `whether something is left could not be seen: ${names}` : left;
  const remedy = "regild doctor --act removes it first, at its next start";
  return finding("problem", "clean-up", left === "" ? message : `left behind: ${left}`, remedy);
}

function deletion({ kind, id }: MarkedThing): string {
  const noun = kind === "snapshot" ? "volume snapshot" : kind;
  return `If it is of no use: openstack ${noun} delete ${id}`;
}

/** Null: a list was refused, and a finding says so. */
async function observe(acting: Acting): Promise<MarkedThing[] | null> {
  try {
    return await everyMarked(acting.cloud);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    acting.tell(problemOf("clean-up", error, null));
    return null;
  }
}
