import { stepHandler } from "../../shared/lambda/step-handler.ts";

export const handler = stepHandler();
