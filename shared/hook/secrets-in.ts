/** A shorter part of an address is an everyday word, or a number. */
const SHORTEST_PART = 8;

/**
 * What a record must not hold of a hook's address: many services give a secret path or a key to whoever may call them, and
 * their answers quote the path. The longest first, so that nothing is left of a text that has another one in it.
 */
export function secretsIn(address: string): string[] {
  const { href, pathname, search, searchParams } = new URL(address);
  const parts = [...pathname.split("/"), ...searchParams.values()];
  const written = [
    address,
    href,
    ...[pathname + search, pathname, pathname.replace(/\/+$/, ""), search].filter(
      ({ length }) => length > 1,
    ),
    ...parts.filter(({ length }) => length >= SHORTEST_PART),
  ];
  const all = new Set(written.flatMap((text) => [text, decoded(text)]));
  return [...all].toSorted((one, other) => other.length - one.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that begins no character
  }
}
