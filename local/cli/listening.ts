import { InvalidArgumentError } from "commander";
import { addressText, type ListenAddress, parseListenAddress } from "../listen-address.ts";
import { CommandError } from "./command-error.ts";
import { EXIT } from "./exit-status.ts";

const EXAMPLE = "127.0.0.1:8321";

/** @throws CommandError when nothing can listen there. */
export async function listening<Server>(
  at: ListenAddress,
  listen: () => Promise<Server>,
): Promise<Server> {
  try {
    return await listen();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`HTTP on ${addressText(at)}: ${reason}`, {
      status: EXIT.broken,
      code: "cannot-listen",
      remedy:
        "Name another address, or port 0 for a free one: --listen 127.0.0.1:0, --listen-webhooks 127.0.0.1:0",
      cause: error,
    });
  }
}

/** Of an option. */
export function address(text: string): ListenAddress {
  const read = parseListenAddress(text);
  if (read !== null) return read;
  throw new InvalidArgumentError(
    `Write host:port, for example ${EXAMPLE}, or the path of a Unix socket`,
  );
}

export function tcpAddress(text: string): Extract<ListenAddress, { host: string }> {
  const read = parseListenAddress(text);
  if (read !== null && "host" in read) return read;
  throw new InvalidArgumentError(`Write host:port, for example ${EXAMPLE}`);
}
