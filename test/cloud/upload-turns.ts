import { isDeepStrictEqual } from "node:util";
import type { Operator, UploadKnobs } from "./operator.ts";

/** As quick as the cloud is. */
export const QUICK: UploadKnobs = {};
/** Longer than the shortest deadline that a recipe may have. */
export const SLOW: UploadKnobs = { savingSeconds: 80 };
/** Long enough to be seen `saving`. */
export const BROKEN: UploadKnobs = { savingSeconds: 6, broken: true };

interface Session {
  knobs: UploadKnobs;
  begin: () => void;
}

/**
 * The lab has one set of upload knobs, read when an upload begins. Tests that run at once take turns: those that want
 * the same knobs share a turn, the others wait for theirs, first come, first served.
 */
export class UploadTurns {
  private readonly operator: Operator | null;
  private knobs: UploadKnobs = QUICK;
  private holders = 0;
  private waiting: Session[] = [];

  constructor(operator: Operator | null) {
    this.operator = operator;
  }

  /** @param work every upload that it starts has begun (the image is `saving`) when it ends. */
  async during<T>(knobs: UploadKnobs, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.waiting.push({ knobs, begin });
      this.admit();
    });
    try {
      return await work();
    } finally {
      this.holders--;
      this.admit();
    }
  }

  private admit(): void {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (this.holders > 0 && !isDeepStrictEqual(next.knobs, this.knobs)) return;
      if (!isDeepStrictEqual(next.knobs, this.knobs)) this.operator?.uploads(next.knobs);
      this.knobs = next.knobs;
      this.holders++;
      this.waiting.shift();
      next.begin();
    }
  }
}
