/** In the order of a successful run. Every other run ends in `abandon`. */
export const STEP_NAMES = [
  "prepare-source",
  "create-image",
  "check-status",
  "restore-source",
  "distribute",
  "validate-sync",
  "test-boot",
  "promote-image",
  "retire-images",
  "clean-up-snapshots",
  "abandon",
] as const;
export type StepName = (typeof STEP_NAMES)[number];
