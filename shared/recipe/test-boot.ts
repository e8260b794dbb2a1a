import * as z from "zod/mini";
import { isUuid } from "../cloud-ids.ts";
import { BUILT_IN } from "./built-in.ts";
import { duration, mapping, name, optional, rule, string, wholeNumber } from "./field.ts";
import type { Recipe } from "./recipe.ts";

const EXAMPLE = 'test_boot: { flavor: m1.small, console: { expect: "login:" } }';
const MOST_NETWORKS = 8;
const MOST_ZONES = 16;
/** A run's record carries it; the clouds take 64 KiB (Compute api-ref, user_data). */
const LONGEST_USER_DATA = 16_384;
const LONGEST_PATTERN = 500;

const pattern = (example: string) =>
  string(example).check(
    rule((text) => {
      if (text === "") return `is empty. Write ${example}`;
      if (text.length > LONGEST_PATTERN)
        return `is over ${LONGEST_PATTERN} characters long. Shorten it`;
      return isPattern(text) ? null : `is not a regular expression. Write for example ${example}`;
    }),
  );

function isPattern(text: string): boolean {
  try {
    "".match(new RegExp(text, "u"));
    return true;
  } catch {
    return false;
  }
}

const consoleRules = mapping(
  {
    expect: optional(pattern('expect: "login:"'), {
      description: "A regular expression. A line of the console has to match it within timeout",
      examples: ["login:"],
    }),
    reject: optional(pattern('reject: "Kernel panic|Failed to start"'), {
      description:
        "A regular expression. If a line of the console matches it, the image is not used",
      examples: ["Kernel panic|Failed to start"],
    }),
  },
  'console: { expect: "login:", reject: "Kernel panic" }',
).check(
  rule(({ expect }) =>
    expect === undefined
      ? 'has no expect, so nobody knows when the boot is over. Write console: { expect: "login:" }'
      : null,
  ),
);

const network = name("networks: [UUID]").check(
  rule((text) =>
    isUuid(text)
      ? null
      : "is no network's id. Write the UUID that openstack network show NAME -f value -c id prints",
  ),
);

/** A server from the candidate, before it becomes current. */
export const testBoot = mapping(
  {
    flavor: name("flavor: m1.small").check(
      z.meta({ description: "Id or exact name of the test server's flavor" }),
    ),
    networks: optional(
      z
        .array(network, { error: "is not a list of networks. Write networks: [UUID]" })
        .check(
          rule((all) =>
            all.length > MOST_NETWORKS ? `has over ${MOST_NETWORKS} networks. Take some out` : null,
          ),
        ),
      { description: "Ids of networks. Left out: the server has none" },
    ),
    availability_zones: optional(
      z
        .array(name("availability_zones: [az1]"), {
          error: "is not a list of zones. Write availability_zones: [az1]",
        })
        .check(
          rule((all) => {
            if (all.length === 0)
              return "is empty. Take it out, or write availability_zones: [az1]";
            if (new Set(all).size < all.length) return "names a zone twice. Take one out";
            return all.length > MOST_ZONES ? `has over ${MOST_ZONES} zones. Take some out` : null;
          }),
        ),
      {
        description:
          "Availability zones of Nova. A server is booted in each, one after the other. Left out: one server, where the cloud puts it",
      },
    ),
    key_name: optional(name("key_name: ops"), { description: "A key pair of the project" }),
    user_data: optional(
      string("user_data: |").check(
        rule((text) =>
          text.length > LONGEST_USER_DATA
            ? `is over ${LONGEST_USER_DATA} characters long. Shorten it`
            : null,
        ),
      ),
      {
        description:
          "Text for cloud-init. It stays in the run's record, so write no secret into it",
      },
    ),
    volume_size: optional(wholeNumber({ from: 1, to: 65_536, example: "volume_size: 10" }), {
      description:
        "GiB. The server boots from a volume of this size, for flavors without a disk. Left out: from the flavor's disk",
    }),
    timeout: optional(duration("timeout", BUILT_IN.test_boot_timeout, 1_000), {
      description: "Time that each server has for ACTIVE and for the expected line",
    }),
    console: optional(consoleRules, {
      description: "What the console has to print. Left out: ACTIVE is enough",
    }),
  },
  EXAMPLE,
);

export const TEST_BOOT_KEYS = Object.keys(testBoot.shape);
export const CONSOLE_KEYS = Object.keys(consoleRules.shape);

export function testBootOf(
  written: z.infer<typeof testBoot> | undefined,
  timeoutMs: number,
): Recipe["testBoot"] {
  if (written === undefined) return null;
  return {
    flavor: written.flavor,
    networks: written.networks ?? [],
    availabilityZones: written.availability_zones ?? [],
    keyName: written.key_name ?? null,
    userData: written.user_data ?? null,
    volumeGib: written.volume_size ?? null,
    timeoutMs: written.timeout ?? timeoutMs,
    expect: written.console?.expect ?? null,
    reject: written.console?.reject ?? null,
  };
}
