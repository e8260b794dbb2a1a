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
   * Shows only on clouds with a second image service, only where Regild has images copied there, only where it sends them itself, only where a reason of
   * failed synchronisation appears late, only on clouds with an IMS, only where IMS makes images of whole servers, only where two servers have one volume, only where a disk is put back,
   * only where
   * runs are reported, only where recipes make no image when none is needed, only where uploads wait for each other, only
   * where images are shared, only where a hook is asked, only where people clean up often, only where one image is kept and
   * the one before goes at once, or only where people are told: other seeds are passed over, and do not count.
   */
  only?:
    | "zones"
    | "copies"
    | "streams"
    | "late reasons"
    | "ims"
    | "full server"
    | "pool"
    | "restored"
    | "callbacks"
    | "less work"
    | "room"
    | "members"
    | "hooks"
    | "clean-ups"
    | "one kept"
    | "notifications";
}
