import { expect } from "vitest";
import type { ImsInstallation } from "./ims-installation.ts";

/** The server was stopped, IMS was asked for one image or set, and the server was started. */
export function expectStoppedMeanwhile({ cloud, serverId }: ImsInstallation): void {
  const acts = cloud.requests.filter((r) => r.startsWith("POST") && r.includes("action"));
  expect(acts).toEqual([
    expect.stringContaining("/servers/"),
    "POST /v2/cloudimages/action",
    expect.stringContaining("/servers/"),
  ]);
  expect(cloud.servers.get(serverId)?.status).toBe("ACTIVE");
}
