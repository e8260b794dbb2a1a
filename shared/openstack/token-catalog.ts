import * as z from "zod/mini";

const endpointSchema = z.object({
  interface: z.string(),
  // `region` alone on old Keystones, `region_id` on new ones; null where an endpoint has no region.
  region: z.nullish(z.string()),
  region_id: z.nullish(z.string()),
  url: z.url({ protocol: /^https?$/ }),
});
const entrySchema = z.object({
  type: z.string(),
  name: z.nullish(z.string()),
  endpoints: z.array(z.unknown()),
});

export type Catalog = Array<{
  type: string;
  name?: string | null | undefined;
  endpoints: Array<z.infer<typeof endpointSchema>>;
}>;

/**
 * The services that a token may use. Entries and endpoints that cannot be used are left out, each with its reason: most
 * belong to services that play no part here.
 */
export function readCatalog(value: unknown): { catalog: Catalog; unusable: string[] } {
  const unusable: string[] = [];
  const catalog: Catalog = [];
  if (value === undefined) return { catalog, unusable };
  if (!Array.isArray(value)) return { catalog, unusable: ["token.catalog is no list"] };
  for (const [index, item] of value.entries()) {
    const entry = entrySchema.safeParse(item);
    if (!entry.success) {
      unusable.push(`entry ${index + 1}: ${firstIssue(entry.error, item)}`);
      continue;
    }
    const { type, name } = entry.data;
    const endpoints = entry.data.endpoints.flatMap((each) => {
      const endpoint = endpointSchema.safeParse(each);
      if (endpoint.success) return [endpoint.data];
      unusable.push(`${type}: ${firstIssue(endpoint.error, each)}`);
      return [];
    });
    catalog.push({ type, name, endpoints });
  }
  return { catalog, unusable };
}

const LONGEST_SHOWN = 60;

function firstIssue(error: z.core.$ZodError, value: unknown): string {
  const path = error.issues[0]?.path ?? [];
  const found = valueAt(value, path);
  const shown = found === undefined ? "missing" : JSON.stringify(found);
  const cut = shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)}…` : shown;
  return `${path.join(".") || "the endpoint"} is ${cut}`;
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined,
    value,
  );
}
