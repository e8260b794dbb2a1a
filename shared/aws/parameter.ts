import * as z from "zod/mini";
import type { AwsClient } from "./client.ts";

const answerSchema = z.object({ Parameter: z.object({ Value: z.string() }) });

/**
 * A parameter of Systems Manager, decrypted where it is a SecureString.
 * @param client of `ssm`.
 * @throws AwsError, which tells nothing of what the parameter holds.
 */
export async function readParameter(client: AwsClient, name: string): Promise<string> {
  const input = { Name: name, WithDecryption: true };
  return (await client.call("GetParameter", name, input, answerSchema)).Parameter.Value;
}
