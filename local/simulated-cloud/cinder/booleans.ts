import * as z from "zod/mini";

const TRUE = ["True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t"];
const FALSE = ["False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f"];

/** Cinder takes many words for a boolean, and no others. */
export const booleanOrText = z.union([
  z.boolean(),
  z.pipe(
    z.enum(TRUE),
    z.transform(() => true),
  ),
  z.pipe(
    z.enum(FALSE),
    z.transform(() => false),
  ),
]);
