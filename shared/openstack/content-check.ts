import { atLeast, type VersionRange } from "./versions.ts";

/**
 * Glance 30 (2025.1) and later inspect uploaded content (glance/location.py, `set_data`). A project member sees neither
 * its options nor its release, only the API version: v2.17 on Glance 30 and 33, v2.15 on Glance 25, which inspects
 * nothing. So an older version says no for certain, and v2.17 says "perhaps".
 */
export function mayCheckContent(versions: VersionRange | null): boolean {
  return versions !== null && atLeast(versions.max, { major: 2, minor: 17 });
}
