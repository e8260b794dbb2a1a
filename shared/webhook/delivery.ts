/** One request of a sender, as it came. */
export interface Delivery {
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>;
  /** The very bytes that the sender signed. */
  body: Uint8Array;
}

export type Verdict =
  | {
      isGenuine: true;
      /** The same for each repetition of the delivery; null: it has none. */
      id: string | null;
    }
  | {
      isGenuine: false;
      /** For the log: whoever sent it is told nothing. */
      reason: string;
    };

export function refused(reason: string): Verdict {
  return { isGenuine: false, reason };
}

/** @param headers names in any case. */
export function deliveryOf(
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
): Delivery {
  const byName = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) byName.set(name.toLowerCase(), value);
  }
  return { headers: byName, body };
}

/** @returns null for an empty one too. */
export function headerOf({ headers }: Delivery, name: string): string | null {
  const value = headers.get(name) ?? "";
  return value === "" ? null : value;
}
