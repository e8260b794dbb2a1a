import type { Program } from "../protocol/step.ts";
import { abandon } from "./abandon.ts";
import { checkStatus } from "./check-status.ts";
import { cleanUpSnapshots } from "./clean-up-snapshots.ts";
import { createImage } from "./create-image.ts";
import { creations, nameOfAttempt } from "./creations.ts";
import { distribute } from "./distribute.ts";
import { encryptImage } from "./encrypt-image.ts";
import { prepareSource } from "./prepare-source.ts";
import { promoteImage } from "./promote-image.ts";
import { restoreSource } from "./restore-source.ts";
import { retireImages } from "./retire-images.ts";
import { testBoot } from "./test-boot.ts";
import { validateSync } from "./validate-sync.ts";

/** The steps of a refresh, in the order of a successful run. */
export const refresh: Program = {
  steps: {
    "prepare-source": prepareSource,
    "create-image": createImage,
    "check-status": checkStatus,
    "restore-source": restoreSource,
    distribute: (ctx, run) =>
      run.recipe.image.cmkId === undefined ? distribute(ctx, run) : encryptImage(ctx, run),
    "validate-sync": validateSync,
    "test-boot": testBoot,
    "promote-image": promoteImage,
    "retire-images": retireImages,
    "clean-up-snapshots": cleanUpSnapshots,
    abandon,
  },
  creations,
  creationName: nameOfAttempt,
};
