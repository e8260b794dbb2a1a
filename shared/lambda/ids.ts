import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { Ids } from "../ports.ts";

/** Base 32 without look-alikes. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export const randomIds: Ids = {
  short: () => Array.from(randomBytes(6), (byte) => ALPHABET[byte % ALPHABET.length]).join(""),
  uuid: () => randomUUID(),
  random: () => randomInt(2 ** 32) / 2 ** 32,
};
