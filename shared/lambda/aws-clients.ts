import { AwsClient } from "../aws/client.ts";
import type { ServiceName } from "../aws/error.ts";
import type { AwsSeam } from "../aws/seam.ts";
import type { Http } from "../ports.ts";
import type { AwsEnvironment } from "./aws-environment.ts";
import { randomIds } from "./ids.ts";

/**
 * Clients of AWS as this process's environment has it, in real time.
 * @param repeats called before a call is sent once more.
 */
export function awsClients(
  { access }: AwsEnvironment,
  http: Http,
  repeats: () => void = () => {},
): (service: ServiceName) => AwsClient {
  const seam: AwsSeam = {
    http,
    now: () => Date.now(),
    random: () => randomIds.random(),
    wait: (ms) => {
      repeats();
      return new Promise((resolve) => setTimeout(resolve, ms));
    },
  };
  return (service) => new AwsClient(service, access(service), seam);
}
