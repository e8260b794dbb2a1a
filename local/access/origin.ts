import type { IncomingMessage } from "node:http";

type Asked = Pick<IncomingMessage, "headers" | "socket">;

/** What proxies add. One of them on this machine asks from a loopback address for people who are elsewhere. */
const ADDED_BY_PROXIES = /^(forwarded|via|x-forwarded-.+|x-real-ip)$/;

export function isForwarded({ headers }: Asked): boolean {
  return Object.keys(headers).some((name) => ADDED_BY_PROXIES.test(name));
}

export function isOnLoopback({ socket }: Asked): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(socket.localAddress ?? "");
}

/**
 * A web page can lead a browser to ask a loopback address under a name of the page's own (DNS rebinding). So by name only
 * localhost is answered there. An address has no name that somebody could point elsewhere.
 */
export function hasLocalName({ headers }: Asked): boolean {
  const name = (headers.host ?? "").replace(/:\d+$/, "");
  return name === "localhost" || /^[\d.]+$/.test(name) || /^\[[\da-f:.]+\]$/i.test(name);
}

export function isHttps({ headers }: Asked): boolean {
  return headers["x-forwarded-proto"] === "https";
}

/** True if the browser says that a page of this very host sends the form. Without `Origin` nobody says so. */
export function isSameOrigin({ headers }: Pick<Asked, "headers">): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const { origin } = headers;
  if (origin === undefined || !URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  return /^https?:$/.test(protocol) && host === headers.host?.toLowerCase();
}
