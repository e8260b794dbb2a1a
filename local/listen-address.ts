import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";

/** A TCP address, port 0 for a free one, or the path of a Unix socket. */
export type ListenAddress = { host: string; port: number } | { socket: string };

const OWNER_ONLY = 0o600;

/** @returns null for text that is neither host:port nor a path with a slash in it. */
export function parseListenAddress(text: string): ListenAddress | null {
  if (text.includes("/")) return { socket: text };
  const match = /^(?<host>\[[\da-fA-F:.]+\]|[^:]+):(?<port>\d{1,5})$/.exec(text)?.groups;
  const port = Number(match?.["port"]);
  const host = match?.["host"]?.replace(/^\[|\]$/g, "");
  return host === undefined || !(port <= 65_535) ? null : { host, port };
}

export function addressText(address: ListenAddress): string {
  return "socket" in address ? address.socket : `${address.host}:${address.port}`;
}

/**
 * Listens, and returns the address. Only the owner may use a Unix socket.
 * @throws the error of `listen`: the address is in use, or not one of this machine.
 */
export async function listenAt(server: Server, address: ListenAddress): Promise<string> {
  if ("socket" in address) {
    await removeAbandoned(address.socket);
    const before = process.umask(0o177);
    try {
      await listening(server, () => server.listen(address.socket));
    } finally {
      process.umask(before);
    }
    chmodSync(address.socket, OWNER_ONLY);
    return `unix:${address.socket}`;
  }
  await listening(server, () => server.listen(address.port, address.host));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no TCP address");
  const name = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return `http://${name}:${bound.port}`;
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => resolve());
    listen();
  });
}

/** Removes the socket of a killed process, which would prevent listening there. */
async function removeAbandoned(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const code = await new Promise<string>((resolve) => {
    const client = connect(path, () => {
      client.destroy();
      resolve("");
    });
    client.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
  });
  if (code === "ECONNREFUSED") unlinkSync(path);
}
