import { readClouds } from "../openstack/clouds-yaml.ts";
import { openClouds } from "../openstack/cloud.ts";
import { probeByNetwork } from "./probe.ts";
import type { CloudConfig } from "../openstack/config.ts";
import type { Clouds } from "../cloud-ports.ts";
import type { Http, HttpRequest, HttpResponse, Log, Timing } from "../ports.ts";
import { StoredText } from "./stored-text.ts";

const PEM_FIELDS = ["cacert", "cert", "key"] as const;

export interface CloudsSourceDeps {
  /** The text of clouds.yaml, and where it is from, for messages. */
  read: () => Promise<string>;
  file: string;
  http: (config: CloudConfig) => Http;
  log: Log;
  timing: Timing;
  now: () => number;
}

/**
 * The clouds of a clouds.yaml that may change while a process lives; read again also at once when a sign-in is refused.
 * Tokens are kept for as long as the text stays the same.
 */
export class CloudsSource {
  private readonly deps: CloudsSourceDeps;
  private readonly stored: StoredText<Clouds>;

  constructor(deps: CloudsSourceDeps) {
    this.deps = deps;
    this.stored = new StoredText({ ...deps, parse: (text) => this.parse(text) });
  }

  /** @throws Error when nothing was ever read; what was read stays in use when it cannot be read again. */
  open(): Promise<Clouds> {
    return this.stored.get();
  }

  private parse(text: string): Clouds {
    const { file, http, log, timing, now } = this.deps;
    const config = readClouds({ clouds: { path: file, text }, secure: null }, {});
    const problems = [...config.problems, ...[...config.broken.values()].flat()];
    for (const [name, cloud] of config.clouds) {
      for (const { tls } of [cloud, ...cloud.variants.values()]) {
        for (const field of PEM_FIELDS) {
          if (tls[field]?.startsWith("-----BEGIN ") ?? true) continue;
          const message = "is no PEM text. There are no files here: write the text itself, after |";
          problems.push({ file, field: `clouds.${name}.${field}`, message });
          config.clouds.delete(name);
        }
      }
    }
    for (const problem of problems) log.error("cloud cannot be used", { ...problem });
    return openClouds(config.clouds, {
      http: (cloud) => this.noticingRotation(cloud, text, http(cloud)),
      timing,
      now,
      probe: probeByNetwork,
    });
  }

  /** A sign-in refused for credentials that have been changed meanwhile is no refusal: the next check has the new ones. */
  private noticingRotation({ authUrl }: CloudConfig, text: string, http: Http): Http {
    const isSignIn = ({ method, url }: HttpRequest) =>
      method === "POST" && url === `${authUrl}/auth/tokens`;
    return {
      send: async (request) => {
        const answer = await http.send(request);
        if (answer.kind === "failure" || !isSignIn(request)) return answer;
        if (answer.status !== 401 && answer.status !== 404) return answer;
        return (await this.stored.hasChangedSince(text)) ? comeAgain(answer) : answer;
      },
    };
  }
}

function comeAgain({ headers }: HttpResponse): HttpResponse {
  const text = "the credentials were changed meanwhile";
  return { kind: "response", status: 503, headers: { ...headers, "retry-after": "1" }, text };
}
