import { it } from "vitest";
import type { Operator } from "../cloud/operator.ts";
import type { Stage } from "./stage.ts";

/** Rules that only a cloud's operator can bring about: not tested on clouds where we have none. */
export const NEEDS_OPERATOR = [
  "a token that has expired is answered 401",
  "a stopped server can not be started while its image is uploaded",
  "an image deleted while it is saved leaves the server's task until the upload would have ended",
  "what is written on an image while Nova saves it is undone when it becomes active",
  "a broken upload of a server deletes the image and leaves Error in os-instance-actions",
  "a server in ERROR is refused by its vm_state",
  "a snapshot quota that is too small refuses createImage with 403 and leaves nothing",
  "a snapshot quota used up refuses a snapshot with 413 and Retry-After: 0",
  "a volume being uploaded refuses createImage, snapshots and its deletion with 400",
  "what is written on an image while Cinder saves it is undone when it becomes active",
  "a broken upload of a volume deletes the image and leaves a message",
  "force is ignored where the operator has not enabled it",
  "a session outlives its token",
  "a server in ERROR is a conflict to the adapter",
  "a guest that powers itself off is told from a stop that was asked for",
  "the adapter finds out that a server's upload broke",
  "a used-up quota is quota-exceeded to the adapter",
  "the adapter finds out why a volume's upload broke",
] as const;

/** Defined only where there is an operator; the knobs are put back whatever happens. */
export function itWithOperator(
  stage: Stage,
  rule: (typeof NEEDS_OPERATOR)[number],
  test: (operator: Operator) => Promise<void>,
): void {
  const { operator } = stage.target;
  if (operator === null) return;
  // oxlint-disable-next-line vitest/expect-expect -- the rule itself expects
  it(rule, async () => {
    try {
      await test(operator);
    } finally {
      operator.uploads();
    }
  });
}
