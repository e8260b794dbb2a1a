import * as z from "zod";

const TRUE = ["True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t"];
const FALSE = ["False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f"];

/** Cinder takes many words for a boolean, and no others. */
export const booleanOrText = z.union([
  z.boolean(),
  z.enum(TRUE).transform(() => true),
  z.enum(FALSE).transform(() => false),
]);
