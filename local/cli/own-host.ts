import { Host } from "../host.ts";
import { takeHostLock } from "../host-lock.ts";
import type { Installation } from "../installation.ts";
import { activeRuns } from "../view/read.ts";

/** A host that is being started again is left its work for so long. */
const ABANDONED_AFTER_MS = 15_000;
const PROBE_MS = 2_000;

/** The work that a command does itself while no other process does it. Schedules are left to `regild serve`. */
export class OwnHost {
  private readonly installation: Installation;
  private readonly dataFile: string;
  /** @throws when the clouds of these runs cannot be opened here: working on them would fail them. */
  private readonly needCloudsOf: (runs: Awaited<ReturnType<typeof activeRuns>>) => void;
  private working: { host: Host; letGo: () => void } | null = null;
  private aloneSinceMs: number | null = null;
  private nextProbeMs = 0;

  constructor(
    installation: Installation,
    is: { dataFile: string; needCloudsOf: OwnHost["needCloudsOf"] },
  ) {
    this.installation = installation;
    this.dataFile = is.dataFile;
    this.needCloudsOf = is.needCloudsOf;
  }

  get isWorking(): boolean {
    return this.working !== null;
  }

  /** Whether nobody works on the data file, now. */
  isNeeded(): boolean {
    if (this.working !== null) return false;
    const letGo = takeHostLock(this.dataFile);
    letGo?.();
    return letGo !== null;
  }

  /** @returns false: another process works on the data file. */
  async takeOver(): Promise<boolean> {
    const letGo = takeHostLock(this.dataFile);
    if (letGo === null) return false;
    try {
      this.needCloudsOf(await activeRuns(this.installation.store));
      const host = await Host.start({
        ...this.installation,
        without: ["on-schedule", "check-freshness", "notify"],
      });
      this.working = { host, letGo };
      return true;
    } catch (error) {
      letGo();
      throw error;
    }
  }

  /** @returns true: nobody has worked on the data file for a while, and from now on this process does. */
  async takeOverIfAbandoned(nowMs: number): Promise<boolean> {
    if (this.working !== null || nowMs < this.nextProbeMs) return false;
    this.nextProbeMs = nowMs + PROBE_MS;
    this.aloneSinceMs = this.isNeeded() ? (this.aloneSinceMs ?? nowMs) : null;
    if (this.aloneSinceMs === null || nowMs < this.aloneSinceMs + ABANDONED_AFTER_MS) return false;
    return this.takeOver();
  }

  /** What is at work is finished first. */
  async stop(): Promise<void> {
    const working = this.working;
    if (working === null) return;
    this.working = null;
    await working.host.stop();
    working.letGo();
  }
}
