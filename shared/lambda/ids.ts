import { randomInt, randomUUID } from "node:crypto";
import type { Ids } from "../ports.ts";

/** Base 32 without look-alikes. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export const randomIds: Ids = {
  short: () => Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join(""),
  uuid: () => randomUUID(),
  random: () => randomInt(2 ** 32) / 2 ** 32,
};
