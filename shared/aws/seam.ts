import type { Http } from "../ports.ts";

/** All that reaches out of the AWS adapters: with these four replaced, what AWS may do to them can be played to them. */
export interface AwsSeam {
  http: Http;
  now(): number;
  /** Uniform in [0, 1), for jitter. */
  random(): number;
  wait(ms: number): Promise<void>;
}

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Null: keys of a user. Those of a role, as Lambda has them, come with one. */
  sessionToken: string | null;
}

/** Where one service of AWS, or something that speaks like it, is reached, and as whom. */
export interface AwsAccess {
  /** `https://sqs.eu-west-1.amazonaws.com`; every call is a POST to its root. */
  endpoint: string;
  region: string;
  credentials: AwsCredentials;
}
