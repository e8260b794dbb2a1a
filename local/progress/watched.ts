import type { Head } from "../../shared/image/head.ts";
import type { Run } from "../../shared/run/record.ts";

/** A run and its recipe's head, as last read. */
export interface Watched {
  run: Run;
  head: Head | null;
}
