import { readFileSync } from "node:fs";
import type { SecretReader } from "../../shared/settings/secrets-elsewhere.ts";

/** Reads secrets that regild.yml leaves to a variable or a file. No problem shows what was read. */
export const secretIn: SecretReader = (place) => {
  if ("env" in place) {
    const secret = process.env[place.env] ?? "";
    return secret === ""
      ? { problem: `is in the variable ${place.env}, which is not set. Set it, or write the value` }
      : { secret };
  }
  try {
    const secret = readFileSync(place.file, "utf8").replace(/\r?\n$/, "");
    return secret === "" ? { problem: `is in ${place.file}, which is empty` } : { secret };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "no reason";
    return {
      problem: `is in ${place.file}, which cannot be read (${code}). Let this user read it`,
    };
  }
};
