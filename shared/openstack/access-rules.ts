import type { ApiCall } from "../cloud-ports.ts";
import { TYPES } from "./catalog.ts";
import type { CatalogService } from "./config.ts";
import type { AccessRule } from "./identity.ts";

/** True if one of the rules allows the call, by the rules of keystonemiddleware (auth_token, `_path_matches`). */
export function isAllowed(
  rules: readonly AccessRule[],
  service: CatalogService,
  { method, path }: Pick<ApiCall, "method" | "path">,
): boolean {
  const types = TYPES[service];
  // A service behind a prefix (`/compute/v2.1`) sees its path with or without the prefix, as it is mounted.
  const paths = [path, path.replace(/^.*?(?=\/v\d)/, "")];
  return rules.some((rule) => {
    if (!types.includes(rule.service) || rule.method !== method) return false;
    const pattern = patternOf(rule.path);
    return paths.some((each) => pattern.test(each));
  });
}

/** `{name}` and `*` stand for one part of the path, `**` for any number of characters. */
function patternOf(path: string): RegExp {
  const source = path.replace(/\{[^}]*\}|\*\*|\*|[^{}*]+/g, (token) => {
    if (token === "**") return ".*";
    if (token === "*" || token.startsWith("{")) return "[^/]+";
    return token.replace(/[\\^$.|?+()[\]]/g, "\\$&");
  });
  return new RegExp(`^${source}$`);
}
