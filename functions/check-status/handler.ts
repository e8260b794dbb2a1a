import { listAhead } from "../../shared/steps/list-ahead.ts";
import { stepHandler } from "../../shared/lambda/step-handler.ts";

/** Looks of one batch at one cloud are answered by one list call. */
export const handler = stepHandler({ listAhead });
