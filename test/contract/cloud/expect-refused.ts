import { expect } from "vitest";
import type { RefusalCode } from "../../../shared/openstack/errors.ts";

/** An id that no cloud gives to anything. */
export const NOBODY = "00000000-0000-4000-8000-000000000000";

export async function expectRefused(act: Promise<unknown>, code: RefusalCode): Promise<void> {
  await expect(act).rejects.toMatchObject({ name: "CloudError", kind: "refused", code });
}
