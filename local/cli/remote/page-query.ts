/** A page of a list, as the HTTP API is asked for it. */
export function pageQuery({ limit, after }: { limit: number; after: string | null }) {
  return { limit: String(limit), after };
}
