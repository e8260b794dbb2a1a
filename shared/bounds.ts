/**
 * Bounds on what one cloud can make this process hold, keep or wait for. A cloud's answers are partly written by other
 * customers of that cloud, so none of them is trusted to be short. docs/hostile-clouds.md explains each value.
 */

/** Entries asked for per page. The services' own cap; they cut a larger number without saying so (seen on Zed). */
export const PAGE_ITEMS = 1000;
export const LIST_BOUNDS = {
  /** A service that caps its pages at 100 entries still shows 200,000. */
  pages: 2_000,
  /** Twice the images of a cloud with 100,000 of them. */
  items: 200_000,
  /** Over all pages of one list, as they arrive. One page at a time is held. */
  bytes: 1024 * 1024 * 1024,
};

/** One answer. A page of 1,000 images is some megabytes. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** After so long, the work on one run or recipe makes no further cloud call until its next message. */
export const RECONCILE_BUDGET_MS = 180_000;

/** Snapshots of one image and volumes of one server. Nova attaches at most some dozens of volumes to a server. */
export const MAX_REFERENCES = 200;

/** Characters of one text from a cloud in a record, a log line or an answer. */
export const MAX_TEXT = 1_000;

/** A run's timeline. DynamoDB refuses items above 400 KB. */
export const MAX_TIMELINE_BYTES = 200_000;

/** What a run has beyond its deadline to undo what it did. */
export const GRACE_MS = 15 * 60_000;
