import type { AccessKeyAuth } from "./config.ts";
import { finding, type Finding } from "./finding.ts";
import type { Token } from "./identity.ts";

/** Identity tells no roles of a key. */
export function accessKeyFinding({ securityToken }: AccessKeyAuth, token: Token): Finding {
  const key = securityToken === null ? "access key" : "temporary access key";
  const message = `${key} (AK/SK, requests are signed), project ${token.projectName}`;
  if (securityToken === null) return finding("ok", "identity", message);
  return finding(
    "unknown",
    "identity",
    `${message}: it ends within hours (24 at most), and nobody says when`,
    "Use a permanent key for regild serve: runs fail when the temporary one has ended",
  );
}
