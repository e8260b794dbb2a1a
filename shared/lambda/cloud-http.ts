import { openHttps } from "../aws/https.ts";
import type { CloudConfig } from "../openstack/config.ts";
import type { Http } from "../ports.ts";
import { type Proxies, proxyFor, proxyUrl, readProxies } from "./proxies.ts";

/**
 * The way to one cloud. Not undici, as on one machine: bundled, it alone is as large as all the rest, and what it is for
 * there Node's own agents do as well.
 * @param config of which `cacert`, `cert` and `key` are PEM text.
 * @param env proxies of the network; `proxy` of the cloud goes before them.
 * @param entry where `cacert` is written down, for messages. Left out: the entry of a cloud.
 */
export function openCloudHttp(
  { tls, proxy }: Pick<CloudConfig, "tls" | "proxy">,
  env: NodeJS.ProcessEnv,
  entry?: string,
): Http {
  const proxies = readProxies(env, proxy);
  return openHttps({
    proxyFor: (url) => wayTo(url, proxies),
    rejectUnauthorized: tls.verify,
    ...(entry === undefined ? {} : { entry }),
    ...(tls.cacert === null ? {} : { ca: tls.cacert }),
    ...(tls.cert === null ? {} : { cert: tls.cert, key: tls.key ?? tls.cert }),
  });
}

function wayTo(url: string, proxies: Proxies): { url: string } | { problem: string } | null {
  const setting = proxyFor(url, proxies);
  if (setting === null) return null;
  const way = proxyUrl(setting);
  return "url" in way ? way : { problem: `${setting.name} ${way.problem}` };
}
