import { promotionBackend } from "#backend";
import { stepHandler } from "../../shared/lambda/step-handler.ts";

/** The one function that makes statements of images, and so the one that reads the key that signs them. */
export const handler = stepHandler({ backend: promotionBackend });
