/** The policy rule that guards a call, and the role that has it by default: docs/permissions.md lists them all. */
export interface Right {
  rule: string;
  role: "member" | "admin";
}

const member = (rule: string): Right => ({ rule, role: "member" });

/** Rules of the calls that `doctor --act` tries. Source: the `policies` of Nova, Cinder and Glance in Zed, 2025.1 and 2026.2. */
export const RIGHTS = {
  createVolume: member("volume:create"),
  deleteVolume: member("volume:delete"),
  createSnapshot: member("volume:create_snapshot"),
  deleteSnapshot: member("volume:delete_snapshot"),
  createImage: member("add_image"),
  uploadImage: member("upload_image"),
  changeImage: member("modify_image"),
  deleteImage: member("delete_image"),
  public: { rule: "publicize_image", role: "admin" },
  community: member("communitize_image"),
  createServer: member("os_compute_api:servers:create"),
  stopServer: member("os_compute_api:servers:stop"),
  startServer: member("os_compute_api:servers:start"),
  readConsole: member("os_compute_api:os-console-output"),
  takeImage: member("os_compute_api:servers:create_image"),
  deleteServer: member("os_compute_api:servers:delete"),
} as const satisfies Record<string, Right>;

export function remedyFor({ rule, role }: Right): string {
  return `Ask the cloud's operator for the policy rule ${rule} (by default, role ${role} has it)`;
}
