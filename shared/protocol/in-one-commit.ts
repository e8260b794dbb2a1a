import type { Kept, KeepTogether, Key, Queue, Store } from "../ports.ts";

interface Ports {
  store: Store;
  queue: Queue;
  /** Absent: the store keeps one record at a time. */
  keepTogether?: KeepTogether | undefined;
}

/**
 * Does `work`, whose writes and messages are kept in one commit before this returns, where the store can do that.
 * `work` writes and sends through the ports that it is given, and reads only records that it makes if they are not there. It
 * reads none of them at first: the commit finds out whether one is there, and then `work` is done again, write by write.
 */
export async function inOneCommit<Result>(
  { store, queue, keepTogether }: Ports,
  work: (ports: Ports) => Promise<Result>,
): Promise<Result> {
  if (keepTogether !== undefined) {
    const { ports, kept, isMadeAnew } = gathering();
    const result = await work(ports);
    if (isMadeAnew() && (await keepTogether(kept)) === "won") return result;
  }
  return work({ store, queue, keepTogether: undefined });
}

/** Ports that keep nothing yet. Every record counts as absent, and every write as won. */
function gathering() {
  const kept: Kept = { changes: [], messages: [] };
  const read: Key[] = [];
  const isMade = ({ pk, sk }: Key): boolean =>
    kept.changes.some(
      ({ write: { key }, expectedVersion }) =>
        expectedVersion === 0 && key.pk === pk && key.sk === sk,
    );
  const ports: Ports = {
    keepTogether: undefined,
    store: {
      get: async (key) => {
        read.push(key);
        return null;
      },
      commit: async (write, expectedVersion) => {
        kept.changes.push({ write, expectedVersion });
        return "won";
      },
      mark: refuse,
      due: refuse,
      range: refuse,
      ended: refuse,
      shards: 0,
    },
    queue: {
      send: async (name, request, delaySeconds) => {
        kept.messages.push({ queue: name, request, delaySeconds });
      },
    },
  };
  return { ports, kept, isMadeAnew: () => read.every(isMade) };
}

async function refuse(): Promise<never> {
  throw new Error("only get and commit are for work in one commit");
}
