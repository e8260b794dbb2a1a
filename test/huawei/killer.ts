import { MINUTE } from "../unit/builders.ts";
import type { ImsInstallation } from "./ims-installation.ts";

class Killed extends Error {}

/**
 * Ends the process once: after the so-manieth change of the cloud or the store that is counted, before its answer is read.
 * A process that dies after it has only read leaves the same behind as one that has died before.
 */
export class Killer {
  changes = 0;
  isCounting = false;
  readonly #nth: number;

  constructor(nth: number) {
    this.#nth = nth;
  }

  async around<T>(act: () => Promise<T>): Promise<T> {
    const answer = await act();
    if (!this.isCounting) return answer;
    this.changes += 1;
    if (this.changes === this.#nth) throw new Killed();
    return answer;
  }
}

/** What the process does, and the next one where it has died. */
export async function survive<T>(on: ImsInstallation, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    on.restart();
    // By then the sweep has sent its message again.
    on.cloud.nowMs += 5 * MINUTE;
    return act();
  }
}
