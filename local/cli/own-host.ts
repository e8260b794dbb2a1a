import { Host } from "../host.ts";
import { takeHostLock } from "../host-lock.ts";
import type { Installation } from "../installation.ts";

/** The work that a command does itself while no other process does it. Schedules are left to `regild serve`. */
export class OwnHost {
  private readonly installation: Installation;
  private readonly dataFile: string;
  private working: { host: Host; letGo: () => void } | null = null;

  constructor(installation: Installation, dataFile: string) {
    this.installation = installation;
    this.dataFile = dataFile;
  }

  get isWorking(): boolean {
    return this.working !== null;
  }

  /** Whether nobody else works on the data file, now. */
  isNeeded(): boolean {
    const letGo = takeHostLock(this.dataFile);
    letGo?.();
    return letGo !== null;
  }

  /** @returns false: another process works on the data file. Repeating does no harm. */
  async takeOver(): Promise<boolean> {
    if (this.working !== null) return true;
    const letGo = takeHostLock(this.dataFile);
    if (letGo === null) return false;
    const host = await Host.start({ ...this.installation, without: ["on-schedule"] });
    this.working = { host, letGo };
    return true;
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
