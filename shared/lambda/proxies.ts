import { BlockList, isIP } from "node:net";

/** A setting and its name, for messages: `HTTPS_PROXY`, or `proxy` of an entry in clouds.yaml. */
export interface ProxySetting {
  name: string;
  /** As written. May hold a password: never shown. */
  value: string;
}

/** Where requests go through a proxy. Null: not set. */
export interface Proxies {
  /** Of one cloud's entry; goes before all others, and NO_PROXY makes no exception of it. */
  always: ProxySetting | null;
  http: ProxySetting | null;
  https: ProxySetting | null;
  /** For both, where their own is not set. */
  all: ProxySetting | null;
  noProxy: string | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The variables that python-requests reads. An empty one in lower case switches off the one in upper case. */
export function readProxies(env: Env, own: string | null): Proxies {
  const setting = (lower: string): ProxySetting | null => {
    const name = env[lower] === undefined ? lower.toUpperCase() : lower;
    const value = env[name]?.trim() ?? "";
    return value === "" ? null : { name, value };
  };
  return {
    always: own === null ? null : { name: "proxy", value: own },
    http: setting("http_proxy"),
    https: setting("https_proxy"),
    all: setting("all_proxy"),
    noProxy: env["no_proxy"] || env["NO_PROXY"] || null,
  };
}

/** The proxy for one URL. Null: none. */
export function proxyFor(url: string, proxies: Proxies): ProxySetting | null {
  if (proxies.always !== null) return proxies.always;
  const own = new URL(url).protocol === "http:" ? proxies.http : proxies.https;
  const found = own ?? proxies.all;
  return found === null || isExcepted(url, proxies.noProxy ?? "") ? null : found;
}

/** Words that somebody writes who wants no proxy. As a URL each would be the name of a host. */
const NO_PROXY_WORDS = /^(none|null|no|off|false|direct|disabled?|0)$/i;

/** The URL to use; without a scheme it is http, as for python-requests. */
export function proxyUrl({ value }: ProxySetting): { url: string } | { problem: string } {
  if (NO_PROXY_WORDS.test(value)) {
    return { problem: `is "${value}", which is no proxy. Write http://HOST:PORT, or unset it` };
  }
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    return { problem: `names a ${scheme} proxy. Regild can use http:// and https:// proxies` };
  }
  const text = scheme === undefined ? `http://${value}` : value;
  if (!URL.canParse(text)) return { problem: "is no URL. Write http://HOST:PORT" };
  const url = new URL(text);
  try {
    decodeURIComponent(`${url.username}${url.password}`);
  } catch {
    return { problem: "has a % in its user or password that starts no escape. Write %25" };
  }
  return { url: url.href };
}

/**
 * NO_PROXY as python-requests reads it (`should_bypass_proxies` in requests/utils.py, then `proxy_bypass_environment`
 * in urllib): ends of names, with or without a port, and IPv4 ranges. Beyond that, ports of addresses, IPv6 ranges and
 * `*.example.org` count too, as they do for other tools.
 */
function isExcepted(url: string, noProxy: string): boolean {
  const entries = noProxy.toLowerCase().split(/[,\s]+/);
  if (noProxy.trim() === "*") return true;
  const { hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  // From the text: URL drops a port that is its scheme's own.
  const port = /^\w+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^:/?#]*):(\d+)/.exec(url)?.[1];
  return entries.some((entry) => {
    if (entry === "" || entry === "*") return false;
    if (entry.includes("/")) return isInRange(host, entry);
    const name = entry.replace(/^\*(?=\.)/, "").replace(/^\[(.*)\]/, "$1");
    const bare = name.replace(/^\.+/, "");
    if (host === bare || host.endsWith(`.${bare}`)) return true;
    const withPort = port === undefined ? host : `${host}:${port}`;
    return isIP(host) === 0 ? host.endsWith(name) || withPort.endsWith(name) : withPort === name;
  });
}

function isInRange(host: string, range: string): boolean {
  const [network = "", bits = ""] = range.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}
