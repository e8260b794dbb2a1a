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
  /** Caught within so many seeds, from any seed on. */
  withinSeeds: number;
  /** Shows only where workers sleep, and clocks differ, by more than the protocol's promises allow. */
  beyondBounds?: true;
}
