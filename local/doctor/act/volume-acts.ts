import type { Acting } from "./acting.ts";
import { MARK_KEY } from "./mark.ts";
import { removeMade } from "./remove.ts";
import { RIGHTS } from "./rights.ts";

const READY_SECONDS = 180;

/** A volume of 1 GiB and a snapshot of it, made and removed. */
export async function volumeActs(acting: Acting): Promise<void> {
  const { cloud, mark } = acting;
  const { volumes } = cloud.ports;
  const volumeId = await acting.make(
    "volume",
    {
      what: "make a volume of 1 GiB",
      right: RIGHTS.createVolume,
      ready: (id) => available(acting, () => volumes.volume(id)),
    },
    (name) => cloud.createVolume(name, mark.value),
  );
  if (volumeId === null) return;
  const snapshotId = await acting.make(
    "snapshot",
    {
      what: "make a snapshot of it",
      right: RIGHTS.createSnapshot,
      ready: (id) => available(acting, () => volumes.snapshot(id)),
    },
    async (name) =>
      (await volumes.createSnapshot(volumeId, name, { [MARK_KEY]: mark.value })).snapshotId,
  );
  if (snapshotId === null) return;
  await removeMade(acting, snapshotId);
  await removeMade(acting, volumeId);
}

async function available(
  acting: Acting,
  observe: () => Promise<{ status: string } | null>,
): Promise<void> {
  await acting.until("available", READY_SECONDS, async () => {
    const status = (await observe())?.status ?? "gone";
    if (status === "gone" || status.startsWith("error")) acting.failed(`it is ${status}`);
    return status === "available" ? true : null;
  });
}
