import { maskedUrls } from "../masked-urls.ts";
import type { CloudConfig } from "./config.ts";
import { CloudError } from "./errors.ts";

/** What to do about a sign-in that failed. Without a token, nothing else can be looked at. */
export function signInRemedy(error: unknown, { name, authUrl }: CloudConfig): string {
  const status = error instanceof CloudError ? error.call?.status : undefined;
  return `${whatToDo(status ?? null, name, maskedUrls(authUrl))}. Nothing else could be looked at`;
}

/** The message of a refusal says which fields to look at. */
function whatToDo(status: number | null, entry: string, url: string): string {
  if (status === null)
    return `Correct auth_url of ${entry} in clouds.yaml, or find out why this machine does not reach it: curl ${url}`;
  return status >= 500
    ? "Try again later. If it stays, ask the cloud's operator"
    : `Correct ${entry} in clouds.yaml`;
}
