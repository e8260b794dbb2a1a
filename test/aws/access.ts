import { openHttps } from "../../shared/aws/https.ts";
import type { AwsAccess, AwsSeam } from "../../shared/aws/seam.ts";

/** The emulators ask for a signature, and believe any. */
export function accessTo(endpoint: string): AwsAccess {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: null };
  return { endpoint, region: "eu-west-1", credentials };
}

/** Over real HTTP; nobody waits. */
export function openSeam(): AwsSeam & { close: () => void } {
  const http = openHttps();
  return {
    http,
    now: () => Date.now(),
    random: () => 0,
    wait: async () => {},
    close: () => http.close(),
  };
}
