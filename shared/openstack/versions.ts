import * as z from "zod/mini";

/** A microversion, `2.93`. */
export interface Version {
  major: number;
  minor: number;
}

export interface VersionRange {
  min: Version;
  max: Version;
}

/**
 * The newest microversions whose answers this adapter was tried against (Zed). A newer cloud is asked for
 * these, an older one for its own newest.
 */
export const KNOWN = {
  compute: { major: 2, minor: 93 },
  volume: { major: 3, minor: 70 },
} as const;

// Nova's and Cinder's GET / : 200 and 300; GET /v2.1/ has one `version` instead of a list. `version` is
// empty where there are no microversions. Glance's: 300, each minor version in the list: `v2.15` (Zed).
const entrySchema = z.object({
  id: z.string(),
  version: z.nullish(z.string()),
  min_version: z.nullish(z.string()),
});
const rootSchema = z.union([
  z.object({ versions: z.array(entrySchema) }),
  z.pipe(
    z.object({ version: entrySchema }),
    z.transform(({ version }) => ({ versions: [version] })),
  ),
]);

/** The microversions of one major version; null: there are none. @throws no version document */
export function microversions(body: string, major: number): VersionRange | null {
  for (const entry of rootSchema.parse(JSON.parse(body)).versions) {
    const max = parseVersion(entry.version ?? "");
    const min = parseVersion(entry.min_version ?? "");
    if (max !== null && min !== null && max.major === major) return { min, max };
  }
  return null;
}

/** Oldest and newest v2.x of Glance, which has no microversions. @throws no version document */
export function imageVersions(body: string): VersionRange | null {
  const minors = rootSchema.parse(JSON.parse(body)).versions.flatMap(({ id }) => {
    const version = parseVersion(id.replace(/^v/, ""));
    return version?.major === 2 ? [version.minor] : [];
  });
  if (minors.length === 0) return null;
  return {
    min: { major: 2, minor: Math.min(...minors) },
    max: { major: 2, minor: Math.max(...minors) },
  };
}

/** What to ask for: the newest that both sides know. */
export function negotiate(range: VersionRange, known: Version): Version {
  const newest = atLeast(range.max, known) ? known : range.max;
  return atLeast(newest, range.min) ? newest : range.min;
}

export function atLeast(version: Version, wanted: Version): boolean {
  return version.major === wanted.major
    ? version.minor >= wanted.minor
    : version.major > wanted.major;
}

export function versionText({ major, minor }: Version): string {
  return `${major}.${minor}`;
}

function parseVersion(text: string): Version | null {
  const match = /^(\d+)\.(\d+)$/.exec(text);
  return match === null ? null : { major: Number(match[1]), minor: Number(match[2]) };
}
