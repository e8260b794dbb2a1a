import { CloudError } from "../../../shared/openstack/errors.ts";
import type { Acting, Kind, Created } from "./acting.ts";
import type { DoctorCloud } from "./doctor-cloud.ts";
import { takeProtectionOff } from "./protection.ts";
import { type Right, RIGHTS } from "./rights.ts";

const GONE_SECONDS = 180;

const DELETIONS: Record<
  Kind,
  { right: Right; send: (on: DoctorCloud, id: string) => Promise<void> }
> = {
  server: { right: RIGHTS.deleteServer, send: (on, id) => on.deleteServer(id) },
  image: {
    right: RIGHTS.deleteImage,
    send: async (on, id) => {
      await takeProtectionOff(on, id);
      await on.ports.images.deleteImage(id);
    },
  },
  snapshot: {
    right: RIGHTS.deleteSnapshot,
    send: (on, id) => on.ports.volumes.deleteSnapshot(id),
  },
  volume: { right: RIGHTS.deleteVolume, send: (on, id) => on.ports.volumes.deleteVolume(id) },
};

/** Deletes a thing and sees it gone. @returns whether it is gone. */
export async function remove(acting: Acting, made: Created, whose = ""): Promise<boolean> {
  const { kind, id } = made;
  if (id === null) return false;
  const { right, send } = DELETIONS[kind];
  const what = `delete the ${kind} ${id}${whose}, and see it gone`;
  const isGone = await acting.attempt(kind, what, right, async () => {
    await sendWhenFree(acting, kind, () => send(acting.cloud, id));
    await acting.until("its end", GONE_SECONDS, async () =>
      (await isThere(acting.cloud, kind, id)) ? null : true,
    );
  });
  if (isGone) acting.made.splice(acting.made.indexOf(made), 1);
  return isGone;
}

export async function removeMade(acting: Acting, id: string): Promise<void> {
  const made = acting.made.find((one) => one.id === id);
  if (made !== undefined) await remove(acting, made);
}

/** A volume or snapshot that is still being made cannot be deleted yet. */
async function sendWhenFree(acting: Acting, kind: Kind, send: () => Promise<void>): Promise<void> {
  await acting.until(`a state in which the ${kind} can be deleted`, GONE_SECONDS, async () => {
    try {
      await send();
      return true;
    } catch (error) {
      const isBusy = error instanceof CloudError && ["in-use", "busy"].includes(error.code ?? "");
      if (!isBusy) throw error;
      return null;
    }
  });
}

async function isThere({ ports }: DoctorCloud, kind: Kind, id: string): Promise<boolean> {
  switch (kind) {
    case "server":
      return (await ports.compute.server(id)) !== null;
    case "image":
      return (await ports.images.foreign(id)) !== null;
    case "snapshot":
      return (await ports.volumes.snapshot(id)) !== null;
    case "volume":
      return (await ports.volumes.volume(id)) !== null;
  }
}
