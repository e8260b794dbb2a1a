import type { Kind } from "./acting.ts";
import type { DoctorCloud, Marked } from "./doctor-cloud.ts";
import { hasDoctorName, MARK_KEY } from "./mark.ts";

export interface MarkedThing extends Marked {
  kind: Kind;
}

/** Everything of this project with a doctor's name, in the order in which it can be deleted. */
export async function everyMarked(cloud: DoctorCloud): Promise<MarkedThing[]> {
  const { volumes } = cloud.ports;
  const of = (kind: Kind, found: Marked[]): MarkedThing[] =>
    found.filter(({ name }) => hasDoctorName(name)).map((one) => ({ ...one, kind }));
  return [
    ...of("server", await cloud.markedServers()),
    ...of("image", await cloud.markedImages()),
    ...of("snapshot", (await volumes.snapshots()).map(marked)),
    ...of("volume", (await volumes.volumes()).map(marked)),
  ];
}

/** Doctors make volumes of 1 GiB only, so a larger one counts as unmarked. */
function marked(one: {
  id: string;
  name: string;
  sizeGib: number;
  metadata: Record<string, string>;
}): Marked {
  const { id, name, sizeGib, metadata } = one;
  return { id, name, mark: sizeGib > 1 ? undefined : metadata[MARK_KEY] };
}
