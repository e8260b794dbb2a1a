import * as z from "zod/mini";
import type { AwsClient } from "./client.ts";

/** A secret is text or bytes: the other is not there. */
const answerSchema = z.object({ SecretString: z.optional(z.string()) });

/**
 * A secret of Secrets Manager as it stands now (`AWSCURRENT`).
 * @param client of `secretsmanager`.
 * @throws AwsError, or Error for one that holds bytes; neither tells anything of what the secret holds.
 */
export async function readSecret(client: AwsClient, name: string): Promise<string> {
  const { SecretString } = await client.call(
    "GetSecretValue",
    name,
    { SecretId: name },
    answerSchema,
  );
  if (SecretString !== undefined) return SecretString;
  throw new Error(
    `secret ${name} holds bytes, and is to hold text: aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://FILE`,
  );
}
