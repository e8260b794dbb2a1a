import { seededRandom } from "../../../local/simulated-cloud/random.ts";

export interface GeneratedFile {
  clouds: string;
  secure: string | null;
  cloud: string;
  region: string | null;
}

/** Plain scalars that some YAML reader takes for something else than text. */
const PLAIN = [
  "demo",
  "4117",
  "12345678901234567890123456789e12",
  "00e1",
  "1e5",
  "1.5e+3",
  "1.50",
  "012",
  "08",
  "0x1F",
  "0b101",
  "1_000",
  "190:20:30",
  "-7",
  "+5",
  "2026-11-22",
  "2026-11-22 10:00:00",
  "yes",
  "Off",
  "y",
  "null",
  "~",
  "Null-Island",
  ".5",
  ".inf",
  "a:b",
  "a#b",
  "=",
  "0",
  "1.0",
  "1.",
  "99999999999999999999",
  "0o17",
];
const QUOTED = ['"yes"', "'012'", '"a # b"', "'it''s'", '"caf\\u00e9"', '""'];
const INTERFACES = [
  "public",
  "internal",
  "admin",
  "internalURL",
  "publicURL",
  "[internal, public]",
  "[admin]",
];
const PREFIXES = ["compute", "image", "volume", "volumev2", "volumev3", "block_storage"];

/** One clouds.yaml, the same for the same seed: entries with merges, aliases, doubled keys and every spelling. */
export function generateFile(seed: number): GeneratedFile {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  };
  const scalar = () => {
    if (chance(0.75)) return pick(["alpha", "beta-2", "Default", "x_y", "a1b2c3"]);
    return chance(0.7) ? pick(PLAIN) : pick(QUOTED);
  };
  /** Of keys that another entry does not write the other way: both at once contradict one another. */
  const dashed = (key: string) => (chance(0.15) ? key.replaceAll("_", "-") : key);
  const url = (path: string) =>
    `"https://${pick(["id", "api", "{region_name}"])}.example${pick([":5000", ""])}${path}"`;

  const authLines = (): string[] => {
    const lines: string[] = [`auth_url: ${url(pick(["/v3", "", "/v3/", "/identity"]))}`];
    lines.push(`${chance(0.8) ? "username" : "user_id"}: ${scalar()}`);
    if (chance(0.95)) lines.push(`password: ${scalar()}`);
    const projects = ["project_name", "project_id", "tenant_name", "tenant_id"];
    lines.push(`${pick(projects)}: ${scalar()}`);
    if (chance(0.1)) lines.push(`${pick(projects)}: ${scalar()}`);
    if (chance(0.6)) lines.push(`${pick(["user_domain_name", "user_domain_id"])}: ${scalar()}`);
    if (chance(0.6))
      lines.push(`${pick(["project_domain_name", "project_domain_id"])}: ${scalar()}`);
    if (chance(0.2)) lines.push(`${pick(["domain_name", "domain_id"])}: ${scalar()}`);
    return unlike(lines);
  };

  const serviceLine = () => {
    const prefix = pick(PREFIXES);
    return pick([
      () => `${dashed(`${prefix}_interface`)}: ${pick(INTERFACES)}`,
      () => `${prefix}_endpoint_type: ${pick(["public", "internal", "adminURL"])}`,
      () => `${dashed(`${prefix}_endpoint_override`)}: ${url("/x")}`,
      () => `${prefix}_endpoint: ${url("/y")}`,
      () => `${prefix}_region_name: ${scalar()}`,
      () => `${prefix}_service_type: ${pick(["volumev3", "compute-x", "image"])}`,
      () => `${prefix}_service_name: ${scalar()}`,
      () => `${prefix}_api_version: ${pick(['"2"', "2", "3"])}`,
    ])();
  };

  const generalLines = (): string[] => {
    const lines: string[] = [];
    if (chance(0.4)) lines.push(`interface: ${pick(INTERFACES)}`);
    if (chance(0.1)) lines.push(`endpoint_type: ${pick(["public", "internalURL", "admin"])}`);
    while (chance(0.45)) lines.push(serviceLine());
    if (chance(0.15)) lines.push(`verify: ${pick(["true", "false", "yes", "no", "on", "off"])}`);
    if (chance(0.1)) lines.push(`insecure: ${pick(["true", "false", "no", '"true"', '"False"'])}`);
    if (chance(0.15)) lines.push(`cacert: ${pick(["/etc/ca.pem", "ca.pem"])}`);
    if (chance(0.1)) lines.push("cert: /c.pem", ...(chance(0.5) ? ["key: /k.pem"] : []));
    if (chance(0.2)) lines.push("identity_api_version: 3");
    if (chance(0.1)) lines.push("networks: []");
    return unlike(lines);
  };

  const regionLines = (): string[] => {
    if (chance(0.5)) return [`region_name: ${pick(["RegionOne", "az1", scalar()])}`];
    if (chance(0.2)) return ["region_name: az1,az2"];
    if (chance(0.2)) return ["region_name: [az1, az2]"];
    if (chance(0.4)) return [];
    const values = [...generalLines(), ...(chance(0.4) ? [`auth: { username: ${scalar()} }`] : [])];
    return [
      "regions:",
      "  - az1",
      "  - name: az2",
      ...(chance(0.7) ? block("    values:", values) : []),
    ];
  };

  const entryLines = (): string[] => {
    const auth = authLines();
    const outside = auth.filter(() => chance(0.1));
    const inside = auth.filter((line) => !outside.includes(line));
    const lines = [...block("auth:", inside), ...outside, ...generalLines(), ...regionLines()];
    // Of a key written twice the last wins.
    if (chance(0.1)) lines.push("cacert: /first.pem", "cacert: /second.pem");
    return chance(0.1) ? [...lines, `password: ${scalar()}`] : lines;
  };

  const shared = block("shared: &shared", [...entryLines()]);
  const own = chance(0.25)
    ? ["<<: *shared", ...generalLines(), ...(chance(0.4) ? block("auth:", authLines()) : [])]
    : entryLines();
  const clouds = [
    ...shared,
    "other: &other { interface: admin, cacert: /other.pem }",
    "clouds:",
    ...indented(block("c:", chance(0.1) ? ["<<: [*other, *shared]", ...generalLines()] : own)),
    ...indented(["d: { auth: {} }"]),
  ];
  const secure = ["clouds:", ...indented(block("c:", block("auth:", [`password: ${scalar()}`])))];
  return {
    clouds: `${clouds.join("\n")}\n`,
    secure: chance(0.2) ? `${secure.join("\n")}\n` : null,
    cloud: "c",
    region: chance(0.3) ? pick(["az1", "az2"]) : null,
  };
}

/** Lines whose keys differ: of a doubled key the order of writing would decide twice. */
function unlike(lines: string[]): string[] {
  const keyOf = (line: string) => line.split(":")[0]?.replaceAll("-", "_");
  return lines.filter(
    (line, index) => lines.findIndex((each) => keyOf(each) === keyOf(line)) === index,
  );
}

function block(key: string, lines: string[]): string[] {
  return lines.length === 0
    ? [`${key} {}`]
    : [key, ...lines.map((line) => `${" ".repeat(key.search(/\S/) + 2)}${line}`)];
}

function indented(lines: string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
