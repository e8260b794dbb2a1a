import aws4 from "aws4";
import * as z from "zod";
import { isAboutCredentials } from "../aws/error.ts";
import type { AwsAccess } from "../aws/seam.ts";
import type { Http } from "../ports.ts";

const TIMEOUT_MS = 5000;
const answerSchema = z.object({ Parameter: z.object({ Value: z.string() }) });
const refusalSchema = z.object({ __type: z.string(), message: z.string().optional() });

/**
 * A SecureString of Systems Manager's parameter store, decrypted.
 * @throws Error with AWS's reason; never what the parameter holds.
 */
export async function readParameter(name: string, access: AwsAccess, http: Http): Promise<string> {
  const { endpoint, region, credentials } = access;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const url = new URL("/", endpoint);
  const body = JSON.stringify({ Name: name, WithDecryption: true });
  const { headers = {} } = aws4.sign(
    {
      service: "ssm",
      region,
      method: "POST",
      path: "/",
      body,
      headers: {
        Host: url.host,
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonSSM.GetParameter",
      },
    },
    { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) },
  );
  const answer = await http.send({
    method: "POST",
    url: url.href,
    headers: Object.fromEntries(
      Object.entries(headers).map(([key, value]) => [key.toLowerCase(), String(value)]),
    ),
    body,
    timeoutMs: TIMEOUT_MS,
  });
  if (answer.kind === "failure") throw unread(name, answer.reason);
  if (answer.status !== 200) {
    const said = refusalSchema.safeParse(jsonIn(answer.text)).data;
    throw unread(name, said === undefined ? `HTTP ${answer.status}` : reasonOf(said));
  }
  const read = answerSchema.safeParse(jsonIn(answer.text));
  if (!read.success) throw unread(name, "an answer that is not of Systems Manager");
  return read.data.Parameter.Value;
}

function reasonOf({ __type, message }: z.infer<typeof refusalSchema>): string {
  const code = __type.replace(/^.*#/, "");
  return message === undefined || isAboutCredentials(code) ? code : `${code}: ${message}`;
}

function unread(name: string, reason: string): Error {
  return new Error(
    `parameter ${name} could not be read: ${reason}. It holds clouds.yaml: aws ssm put-parameter --name ${name} --type SecureString --value file://clouds.yaml`,
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
