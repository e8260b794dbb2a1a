import { AwsClient } from "../aws/client.ts";
import type { ServiceName } from "../aws/error.ts";
import type { AwsSeam } from "../aws/seam.ts";
import type { Http } from "../ports.ts";
import type { AwsEnvironment } from "./aws-environment.ts";
import { randomIds } from "./ids.ts";

/** Clients of AWS as this process's environment has it, in real time. */
export function awsClients(
  { access }: AwsEnvironment,
  http: Http,
): (service: ServiceName) => AwsClient {
  const seam: AwsSeam = {
    http,
    now: () => Date.now(),
    random: () => randomIds.random(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
  return (service) => new AwsClient(service, access(service), seam);
}
