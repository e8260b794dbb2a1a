import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { publicKeyOf, type SigningKey, signingKeyOf } from "../../shared/provenance/dsse.ts";
import { usageError } from "./command-error.ts";
import { modeForOthers } from "./file-mode.ts";

const VARIABLE = "REGILD_SIGNING_KEY";

/** The key that signs statements. Null: there is none. @throws CommandError: the file holds no such key, or others may read it. */
export function signingKey(env: NodeJS.ProcessEnv): SigningKey | null {
  const file = env[VARIABLE] ?? "";
  if (file === "") return null;
  const key = keyIn(file, signingKeyOf, `Correct ${VARIABLE}. ${MAKE_ONE}`);
  const mode = modeForOthers(file);
  if (mode === null) return key;
  throw usageError(
    `${file} holds the key that signs, and others may read it (mode ${mode})`,
    `chmod 600 ${file}. If somebody else may have read it, make a new key`,
  );
}

/** @param file null: the public part of the key that signs. @returns null: there is none either. */
export function publicKey(file: string | null, env: NodeJS.ProcessEnv): KeyObject | null {
  if (file !== null)
    return keyIn(
      file,
      publicKeyOf,
      "Name the public key: --public-key FILE. Make it: openssl pkey -in signing.pem -pubout -out signing.pub",
    );
  const own = env[VARIABLE] ?? "";
  return own === "" ? null : keyIn(own, publicKeyOf, `Correct ${VARIABLE}. ${MAKE_ONE}`);
}

const MAKE_ONE = "Make one: openssl genpkey -algorithm ed25519 -out signing.pem";

function keyIn<Key>(file: string, read: (pem: string) => Key, remedy: string): Key {
  let pem: string;
  try {
    pem = readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(`${file} cannot be read: ${reason}`, remedy);
  }
  try {
    return read(pem);
  } catch (error) {
    throw usageError(`${file} ${error instanceof Error ? error.message : String(error)}`, remedy);
  }
}
