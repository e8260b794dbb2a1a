import { isUuid } from "../cloud-ids.ts";

/**
 * Splits a service's endpoint at its version: `https://cloud/volume/v3/PROJECT` → `https://cloud/volume` and `v3`. The
 * version is the last part of the path, or the one before the project id: `/api/v1.0/compute` has none.
 * @returns null: the URL names no version.
 */
export function splitVersion(
  url: string,
  projectId: string,
): { root: string; version: string; major: number } | null {
  const bare = url.replace(/\/+$/, "");
  const parts = bare.split("/");
  const last = parts.at(-1) ?? "";
  // Some catalogs write AUTH_PROJECT; an endpoint in clouds.yaml may name another project than the token's.
  if (last.replace(/^AUTH_/, "") === projectId || isUuid(last)) parts.pop();
  const version = parts.pop() ?? "";
  const major = /^v(\d+)(?:\.\d+)?$/.exec(version)?.[1];
  return major === undefined ? null : { root: parts.join("/"), version, major: Number(major) };
}

export function isVersionedUrl(url: string, projectId: string): boolean {
  return splitVersion(url, projectId) !== null;
}
