import * as z from "zod/mini";
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

const MOST_GROUPS = 16;
const names = (field: string, example: string, most: number, what: string) =>
  z
    .array(name(`${field}: [${example}]`), {
      error: `is not a list of ${what}. Write ${field}: [${example}]`,
    })
    .check(
      rule((all) => (all.length > most ? `has over ${most} ${what}. Take some out` : null)),
      rule((all) => (new Set(all).size < all.length ? "names one twice. Take one out" : null)),
    );

const PROBE_EXAMPLE = "probe: { port: 22 }";
const probe = mapping(
  {
    port: wholeNumber({ from: 1, to: 65_535, example: "port: 22" }).check(
      z.meta({ description: "A TCP port of the test server. It has to accept a connection" }),
    ),
    path: optional(
      string("path: /health").check(
        rule((text) =>
          PROBE_PATH.test(text) && text.length <= LONGEST_PATTERN
            ? null
            : "is no path of a URL. Write for example path: /health",
        ),
      ),
      {
        description:
          "If given, the port has to answer an HTTP GET of this path with a status from 200 to 299",
        examples: ["/health"],
      },
    ),
  },
  PROBE_EXAMPLE,
);
/** Printable ASCII without a fragment (RFC 9112, origin-form). */
const PROBE_PATH = /^\/[!"$-~]*$/;

/** A server from the candidate, before it becomes current. */
export const testBoot = mapping(
  {
    flavor: name("flavor: m1.small").check(
      z.meta({ description: "Id or exact name of the test server's flavor" }),
    ),
    networks: optional(names("networks", "build-net", MOST_NETWORKS, "networks"), {
      description: "Ids or exact names of networks. Left out: the server has none",
    }),
    security_groups: optional(
      names("security_groups", "allow-ssh", MOST_GROUPS, "security groups"),
      {
        description: "Ids or names. Left out: the project's default group",
      },
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
    probe: optional(probe, {
      description: "What the server has to answer over its network, asked from where Regild runs",
    }),
  },
  EXAMPLE,
).check(
  rule(({ networks = [], probe: wished }) =>
    wished !== undefined && networks.length === 0
      ? "has a probe and no networks, so nothing reaches its server. Write networks: [build-net], or take probe out"
      : null,
  ),
  rule(({ networks = [], security_groups: groups }) =>
    groups !== undefined && networks.length === 0
      ? "has security_groups and no networks. Write networks: [build-net], or take security_groups out"
      : null,
  ),
);

export const TEST_BOOT_KEYS = Object.keys(testBoot.shape);
export const CONSOLE_KEYS = Object.keys(consoleRules.shape);
export const PROBE_KEYS = Object.keys(probe.shape);

export function testBootOf(
  written: z.infer<typeof testBoot> | undefined,
  timeoutMs: number,
): Recipe["testBoot"] {
  if (written === undefined) return null;
  return {
    flavor: written.flavor,
    networks: written.networks ?? [],
    securityGroups: written.security_groups ?? [],
    availabilityZones: written.availability_zones ?? [],
    keyName: written.key_name ?? null,
    userData: written.user_data ?? null,
    volumeGib: written.volume_size ?? null,
    timeoutMs: written.timeout ?? timeoutMs,
    expect: written.console?.expect ?? null,
    reject: written.console?.reject ?? null,
    probe:
      written.probe === undefined
        ? null
        : { port: written.probe.port, path: written.probe.path ?? null },
  };
}
