import { randomInt, randomUUID } from "node:crypto";
import type { Ids } from "../ports.ts";
import { randomBytesOf } from "../random-bytes.ts";

/** Base 32 without look-alikes. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export const randomIds: Ids = {
  short: () => {
    let text = "";
    for (const byte of randomBytesOf(6)) text += ALPHABET[byte % ALPHABET.length];
    return text;
  },
  uuid: () => randomUUID(),
  random: () => randomInt(2 ** 32) / 2 ** 32,
};
