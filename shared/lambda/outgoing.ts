import { lookup as lookUp, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { createSecureContext } from "node:tls";
import { openHttps } from "../aws/https.ts";
import type { Outgoing } from "../ports.ts";
import type { HttpFailure } from "../ports.ts";
import { addressList } from "./address-list.ts";
import { proxyFor, proxyUrl, readProxies } from "./proxies.ts";

/**
 * Addresses of this machine and of its own networks, and whatever is no address.
 * Source: IANA special-purpose address registries.
 */
export const isPrivate = addressList([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "::1/128",
  "64:ff9b::/96",
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
]);

/** Checks the address that is connected to, so that a name cannot lead elsewhere between the check and the call. */
const publicOnly: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, "", 0);
    const bad = addresses.find(({ address }) => isPrivate(address));
    if (bad !== undefined) return callback(new Error(refusal(hostname)), "", 0);
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses;
    return callback(null, first?.address ?? "", first?.family ?? 0);
  });
};

/**
 * Messages to chats and builds: https to the given origins, through the environment's proxy where there is one; no redirects.
 * @param roots the CAs to trust, read with the first message. Left out: those of Node.
 */
export function openOutgoing(env: NodeJS.ProcessEnv, roots?: () => string[]): Outgoing {
  const proxies = readProxies(env, null);
  const wayTo = (url: string) => {
    const setting = proxyFor(url, proxies);
    return setting === null ? null : proxyUrl(setting);
  };
  const openBoth = () => {
    // Read once: for each connection anew, it would hold up every other work of the process.
    const trust =
      roots === undefined ? {} : { secureContext: createSecureContext({ ca: roots() }) };
    return {
      open: openHttps({ proxyFor: wayTo, entry: null, ...trust }),
      guarded: openHttps({ lookup: publicOnly, entry: null, ...trust }),
    };
  };
  let opened: ReturnType<typeof openBoth> | null = null;
  return {
    send: async (request, { origins, allowPrivate }) => {
      const problem = problemWith(request.url, origins, allowPrivate);
      if (problem !== null) return refused(problem);
      // Behind a proxy it is the proxy that connects.
      const isFree = allowPrivate || wayTo(request.url) !== null;
      opened ??= openBoth();
      return (isFree ? opened.open : opened.guarded).send(request);
    },
  };
}

function problemWith(
  text: string,
  origins: readonly string[],
  allowPrivate: boolean,
): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "https:") return "the address is not https";
  if (!origins.includes(url.origin)) return "the address is of no configured host";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // Node looks up no address that is written as numbers.
  if (!allowPrivate && isIP(host) !== 0 && isPrivate(host)) return refusal(host);
  return null;
}

function refusal(host: string): string {
  return `${host} is a private address. If that is right, write private_addresses: true`;
}

function refused(reason: string): HttpFailure {
  return { kind: "failure", sent: false, permanent: true, reason };
}
