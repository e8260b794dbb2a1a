import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";

const NAME = /^regild-doctor-(?<id>(?<time>\d{8}-\d{6})-[a-z0-9]{6})-(?<what>[a-z]+)$/;

/** What everything bears that one `doctor --act` makes, in its name and as the value of MARK_KEY. */
export interface Mark {
  id: string;
  /** `20261128-094700-ab12cd 3f9a0c21 4711`: the id again, the machine, the process. */
  value: string;
}

/** A property of images, and metadata of volumes, snapshots and servers. */
export const MARK_KEY = "regild_doctor_mark";
/** The same on every image, so that a list can be filtered by it. */
export const IMAGE_FLAG = { name: "regild_doctor", value: "yes" } as const;

export interface Maker {
  machine: string;
  pid: number;
}

export function newMark(maker: Maker, nowMs: number, short: string): Mark {
  const time = new Date(nowMs).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const id = `${time}-${short}`;
  return { id, value: `${id} ${maker.machine} ${maker.pid}` };
}

/** @param what letters only: `volume`. */
export function nameOf({ id }: Mark, what: string): string {
  return `regild-doctor-${id}-${what}`;
}

export interface Origin extends Maker {
  id: string;
  startedAtMs: number;
}

/** Who made a thing, as its name and mark say alike. Null: it is not proven to be a doctor's. */
export function originOf(name: string, mark: string | undefined): Origin | null {
  const { id, time } = NAME.exec(name)?.groups ?? {};
  const [marked, machine, pid] = (mark ?? "").split(" ");
  if (id === undefined || time === undefined || marked !== id) return null;
  if (machine === undefined || !/^\d+$/.test(pid ?? "")) return null;
  return { id, startedAtMs: timeIn(time), machine, pid: Number(pid) };
}

/** `20261128-094700` in UTC. */
function timeIn(time: string): number {
  const [, y = "", mo = "", d = "", h = "", mi = "", s = ""] =
    /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/.exec(time) ?? [];
  return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
}

export function hasDoctorName(name: string): boolean {
  return name.startsWith("regild-doctor-");
}

/** This process. The machine is a hash, because everybody in the project can read it. */
export function thisMaker(): Maker {
  const machine = createHash("sha256").update(`${hostname()} ${userInfo().uid}`).digest("hex");
  return { machine: machine.slice(0, 8), pid: process.pid };
}
