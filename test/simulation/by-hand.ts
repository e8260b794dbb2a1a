import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import type { Image, Snapshot } from "../../local/simulated-cloud/resources.ts";
import { at } from "./random.ts";
import type { Simulation } from "./simulation.ts";

const HOUR = 3_600_000;
const MOST_ACTS = 3;

/** What an operator does to the cloud by hand, and says of it; null: there is nothing to do it to. */
type Act = (cloud: SimulatedCloud, pick: <T>(from: T[]) => T | undefined) => Done | null;

interface Done {
  what: string;
  /** To which thing. */
  id: string;
  undo?: () => void;
  /** Two hours, unless it says otherwise. */
  undoAfterMs?: number;
}

const ACTS: Act[] = [
  function deletesImage(cloud, pick) {
    const image = pick(made(cloud));
    if (image === undefined) return null;
    cloud.operator.deleteImage(image.id);
    return { what: "deletes image", id: image.id };
  },
  function deletesSnapshot(cloud, pick) {
    const snapshot = pick([...cloud.world.snapshots.values()]);
    if (snapshot === undefined) return null;
    cloud.operator.deleteSnapshot(snapshot.id);
    return { what: "deletes snapshot", id: snapshot.id };
  },
  function renamesImage(cloud, pick) {
    const image = pick(complete(cloud));
    if (image === undefined) return null;
    image.name = "a better name";
    return { what: "renames image", id: image.id };
  },
  function protectsImage(cloud, pick) {
    const image = pick(complete(cloud));
    if (image === undefined) return null;
    image.protected = true;
    const undo = () => {
      // A zone that got its copy meanwhile got the protection with it.
      for (const { images } of cloud.world.zones) {
        const there = images.get(image.id);
        if (there !== undefined) there.protected = false;
      }
    };
    return { what: "protects, for two hours, image", id: image.id, undo };
  },
  function bootsServer(cloud, pick) {
    const image = pick(complete(cloud));
    if (image === undefined) return null;
    const server = cloud.operator.addServer({ name: "clone", image });
    const undo = () => {
      cloud.operator.deleteServer(server.id);
    };
    return {
      what: "boots a server, for a day, from image",
      id: image.id,
      undo,
      undoAfterMs: 24 * HOUR,
    };
  },
  /** Of a server booted from one of ours: its properties come along. */
  function takesImageByHand(cloud, pick) {
    const image = pick(complete(cloud));
    if (image === undefined) return null;
    const { properties } = image;
    const own = cloud.operator.addImage({ name: "by hand", properties, hidden: true });
    return { what: `of a server booted from ${image.id} makes image`, id: own.id };
  },
  /** Registers an image of its own over a snapshot that one of ours is made of. */
  function reusesSnapshot(cloud, pick) {
    const snapshot = pick([...cloud.world.snapshots.values()]);
    if (snapshot === undefined) return null;
    const own = cloud.operator.addImage({
      name: "by hand",
      hidden: true,
      sizeBytes: 0,
      properties: { block_device_mapping: mapping(snapshot) },
    });
    return { what: `of snapshot ${snapshot.id} makes image`, id: own.id };
  },
  function startsServer(cloud, pick) {
    const server = pick([...cloud.world.servers.values()].filter((s) => s.vmState === "stopped"));
    if (server === undefined || server.taskState !== null) return null;
    server.vmState = "active";
    return { what: "starts server", id: server.id };
  },
  function deletesServer(cloud, pick) {
    const server = pick([...cloud.world.servers.values()]);
    if (server === undefined) return null;
    cloud.operator.deleteServer(server.id);
    return { what: "deletes server", id: server.id };
  },
];

/** Up to three acts, each at its time: each is one entry of the plan, so that shrinking can leave it out. */
export function actByHand(simulation: Simulation, seed: string, beginMs: number): void {
  const { cloud, scheduler, options } = simulation;
  for (let n = 1; n <= MOST_ACTS; n++) {
    const act = ACTS[Math.floor(at(seed, "operator", n, "which") * ACTS.length)];
    const place = `operator ${act?.name ?? ""} ${n}`;
    if (!options.faults.happens(place, 0.15)) continue;
    scheduler.atTime(beginMs + Math.floor(at(seed, place, "when") * 2 * HOUR), () => {
      cloud.settle();
      const done = act?.(cloud, (from) => from[Math.floor(at(seed, place, "what") * from.length)]);
      if (done == null) return;
      const { what, id, undo, undoAfterMs = 2 * HOUR } = done;
      simulation.note("operator", `${what} ${id}`, "done");
      options.onActed?.(what, id);
      if (undo === undefined) return;
      scheduler.atTime(simulation.nowMs + undoAfterMs, () => {
        undo();
        options.onActed?.(`no longer ${what}`, id);
      });
    });
  }
}

/** Somebody attaches a volume, writes to it and detaches it, which takes as long. Cinder shows nothing but the time. */
const CHANGE_BY_HAND_MS = 20_000;

export function changeByHand(simulation: Simulation, seed: string, beginMs: number): void {
  const { cloud, scheduler, options } = simulation;
  if (!options.faults.happens("operator changes a volume", 0.8)) return;
  scheduler.atTime(beginMs + Math.floor(at(seed, "change by hand", "when") * HOUR), () => {
    cloud.settle();
    const volumes = [...cloud.world.volumes.values()].filter((v) => v.attachments.length === 0);
    const volume = volumes[Math.floor(at(seed, "change by hand", "which") * volumes.length)];
    if (volume === undefined || volume.status === "uploading") return;
    if (simulation.nowMs - volume.updatedAtMs < CHANGE_BY_HAND_MS) return; // it was uploading when this began
    volume.updatedAtMs = simulation.nowMs;
    simulation.note("operator", `writes to volume ${volume.id}`, "done");
    options.onActed?.("writes to volume", volume.id);
  });
}

function made({ world }: SimulatedCloud): Image[] {
  return [...world.firstZone.images.values()].filter((i) => i.name !== "base");
}

function complete(cloud: SimulatedCloud): Image[] {
  return made(cloud).filter((image) => image.status === "active");
}

function mapping({ id }: Snapshot): string {
  return JSON.stringify([{ source_type: "snapshot", snapshot_id: id, boot_index: 0 }]);
}
