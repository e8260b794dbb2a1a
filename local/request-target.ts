export interface RequestTarget {
  /** The path as it was sent, neither decoded nor resolved. */
  path: string;
  query: string;
}

/** RFC 3986: unreserved, sub-delims, `:`, `@` and percent-encoded. Without backslash, control characters, `#`. */
const PATH = /^(?:\/[\w\-.~!$&'()*+,;=:@%]*)+$/;
const QUERY = /^[\w\-.~!$&'()*+,;=:@%/?[\]|^`"<>{}]*$/;

/** A dot segment, an empty segment before another one, or an encoded slash, backslash, dot or control character. */
const AMBIGUOUS = /\/\.{1,2}(?:\/|$)|\/\/|%(?:2f|5c|2e|[01][\da-f]|7f)/i;

/**
 * Reads a request's target as it came. A proxy decides by the same bytes what to pass on. The WHATWG URL parser would
 * read another path in some of them: it takes a backslash for a slash, and resolves dot segments.
 * @returns null for a target that two programs could read as two paths, for example an absolute URL or `//`.
 */
export function requestTarget(raw: string | undefined): RequestTarget | null {
  const target = raw ?? "";
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark + 1);
  return PATH.test(path) && !AMBIGUOUS.test(path) && QUERY.test(query) ? { path, query } : null;
}
