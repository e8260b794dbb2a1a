import { request } from "node:http";
import { connect } from "node:net";
import type { Probe, ProbeTarget } from "../ports.ts";
import { addressList } from "./address-list.ts";

/**
 * Of no server in a cloud's network: this machine itself, link-local addresses (a cloud's metadata service has one),
 * multicast and reserved ones. A cloud that names such an address must not have it asked.
 * Source: IANA special-purpose address registries.
 */
const isNoServers = addressList([
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "::1/128",
  "fe80::/10",
  "ff00::/8",
]);

/** Straight to the address: through no proxy, and after no redirect. */
export const probeByNetwork: Probe = async (target) =>
  isNoServers(target.address) ? "no server of a network has this address" : probeAt(target);

/** @returns as a `Probe`. Asks whatever address it is given. */
export function probeAt(target: ProbeTarget): Promise<string | null> {
  return target.path === null ? connects(target) : answers(target, target.path);
}

function connects({ address, port, timeoutMs }: ProbeTarget): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (why: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(why);
    };
    const timer = setTimeout(() => end(late(timeoutMs)), timeoutMs);
    socket.once("connect", () => end(null));
    socket.once("error", (error) => end(reasonOf(error)));
  });
}

/** The status is enough: no byte of the body is read. */
function answers({ address, port, timeoutMs }: ProbeTarget, path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = request({ host: address, port, path, agent: false });
    const end = (why: string | null) => {
      clearTimeout(timer);
      asked.destroy();
      resolve(why);
    };
    const timer = setTimeout(() => end(late(timeoutMs)), timeoutMs);
    asked.on("error", (error) => end(reasonOf(error)));
    asked.once("response", ({ statusCode = 0 }) =>
      end(statusCode >= 200 && statusCode < 300 ? null : `HTTP status ${statusCode}`),
    );
    asked.end();
  });
}

function late(timeoutMs: number): string {
  return `no answer within ${timeoutMs / 1000} s`;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
};

function reasonOf(error: Error & { code?: string }): string {
  return REASONS[error.code ?? ""] ?? error.code ?? "no HTTP";
}
