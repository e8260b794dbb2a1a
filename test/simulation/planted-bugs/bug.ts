/** Put in place of the one occurrence of `find` in the file. */
export interface Edit {
  /** From the root of the repository. */
  file: string;
  find: string;
  replace: string;
}

/** A way of having written it wrong. Where one defence stands behind another, the bug takes out all of them. */
export interface PlantedBug {
  name: string;
  /** What is wrong, in a sentence. */
  breaks: string;
  edits: Edit[];
  /** Caught within so many seeds, whichever is the first: three times the most that any of four first seeds needed. */
  withinSeeds: number;
  /** The rules of the checker that speak of it. That another one is broken does not count. */
  rules: string[];
  /** How often something goes wrong. Absent: so often that a command of many calls hardly ever comes to its end. */
  rate?: number;
  /** Shows only where workers sleep, and clocks differ, by more than the protocol's promises allow. */
  beyondBounds?: true;
  /**
   * Shows only in histories of this kind, such as those of a cloud with a second image service: hunter.ts has the
   * function of world.ts that tells. Other seeds are passed over, and do not count.
   */
  only?:
    | "zones"
    | "copies"
    | "region copies"
    | "streams"
    | "stores"
    | "late reasons"
    | "ims"
    | "full server"
    | "exports"
    | "encrypted"
    | "data disks"
    | "pool"
    | "restored"
    | "callbacks"
    | "less work"
    | "room"
    | "members"
    | "protected"
    | "hooks"
    | "clean-ups"
    | "one kept"
    | "notifications";
}
