import { describe, expect, it } from "vitest";
import { quietUntilMs } from "../../../shared/notify/quiet-hours.ts";
import { storedTargets } from "../../../shared/notify/stored-targets.ts";
import { readSettings } from "../../../shared/settings/read-settings.ts";
import { storedText } from "../../../shared/settings/settings.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function problems(fields: string): string[] {
  const read = readSettings(`notifications:\n  ops: { ${fields} }\n`, "regild.yml");
  return "problems" in read ? read.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe("a target of regild.yml", () => {
  it.each([
    'kind: slack, url: "https://hooks.slack.com/services/T/B/x"',
    'kind: slack, bot_token: "xoxb-0123456789abcdef", channel: C0123',
    'kind: mattermost, url: "https://chat.example.com/hooks/x", private_addresses: true',
    'kind: discord, url: "https://discord.com/api/webhooks/1/x", events: [failed]',
    'kind: teams, url: "https://prod.example.com/workflows/x"',
    `kind: webhook, url: "https://ops.example.com", secrets: ["${SECRET}"]`,
    "kind: email, from: r@example.com, to: [ops@example.com]",
    "kind: email, from: r@example.com, to: [o@example.com], smtp: { host: localhost, tls: none }",
    'kind: email, from: "r+x@a-b.example.com", to: [o.p@localhost], smtp: { host: "::1", tls: none }',
    'kind: email, from: r@example.com, to: [o@example.com], smtp: { host: "10.0.0.5", port: 2525 }',
    'kind: teams, url: "https://x.example.com", quiet_hours: { from: "22:00", to: "06:00", timezone: UTC }',
  ])("may be: %s", (fields) => {
    expect(problems(fields)).toEqual([]);
  });

  it.each([
    ["kind: pager", "kind: is unknown"],
    ["kind: slack", "url is missing"],
    ['kind: slack, url: "http://hooks.slack.com/x"', "is no https address"],
    ['kind: slack, url: "https://evil.example.com/x"', "is of another host"],
    ['kind: slack, bot_token: "xoxb-0123456789abcdef"', "channel is missing"],
    ["kind: webhook, url: https://ops.example.com", "secrets is missing"],
    ['kind: webhook, url: "https://ops.example.com", secrets: ["0123456789abcdef"]', "whsec_"],
    ['kind: email, from: r@example.com, to: ["Ops <o@example.com>"]', "is no mail address"],
    ['kind: email, from: r@example.com, to: ["o@example.com\\nBcc: e@x.y"]', "is no mail address"],
    ["kind: email, to: [o@example.com]", "from is missing"],
    ["kind: email, from: r@example.com, to: [o@example..com]", "to[0]: is no mail address"],
    ["kind: email, from: r@example.com., to: [o@example.com]", "from: is no mail address"],
    ["kind: email, from: .r@example.com, to: [o@example.com]", "from: is no mail address"],
    ["kind: email, from: r@-example.com, to: [o@example.com]", "from: is no mail address"],
    ["kind: email, from: r@example.com, to: [o@example.com, o@example.com]", "twice"],
    ...["mail.example.com:587", "10.0.0.5:25"].map((host) => [
      `kind: email, from: r@example.com, to: [o@example.com], smtp: { host: "${host}" }`,
      `holds a port. Write host: ${host.split(":")[0]} and port: ${host.split(":")[1]}`,
    ]),
    ...["mail..example.com", "-mail", "[::1]", "smtp://mail.example.com"].map((host) => [
      `kind: email, from: r@example.com, to: [o@example.com], smtp: { host: "${host}" }`,
      "smtp.host: is no host name",
    ]),
    ["kind: email, from: r@example.com, to: []", "is empty"],
    [
      "kind: email, from: r@example.com, to: [o@example.com], smtp: { host: m, user: r }",
      "password is missing",
    ],
    [
      'kind: email, from: r@example.com, to: [o@example.com], smtp: { host: m, user: r, password: "pw-not-shown", tls: none }',
      "in the clear",
    ],
    [
      'kind: teams, url: "https://x.example.com", bot_token: "0123456789abcdef"',
      "is not for teams",
    ],
    ['kind: teams, url: "https://x.example.com", events: [failed, failed]', "holds failed twice"],
    ['kind: teams, url: "https://x.example.com", events: [fail]', "is unknown"],
    [
      'kind: teams, url: "https://x.example.com", quiet_hours: { from: 22, to: "06:00", timezone: UTC }',
      "quiet_hours.from",
    ],
    [
      'kind: teams, url: "https://x.example.com", quiet_hours: { from: "22:00", to: "22:00", timezone: UTC }',
      "begins and ends",
    ],
    [
      'kind: teams, url: "https://x.example.com", quiet_hours: { from: "22:00", to: "06:00", timezone: Europe/Berlim }',
      "Did you mean Europe/Berlin",
    ],
    ['kind: teams, ur: "https://x.example.com"', "Did you mean url"],
  ])("is refused, and no value is shown: %s", (fields, problem) => {
    const found = problems(fields).join("\n");
    expect(found).toContain(problem);
    expect(found).not.toMatch(/pw-not-shown|0123456789abcdef/);
  });

  it("takes secrets from a variable or a file, and says which is not there", () => {
    const text = `notifications:
  ops: { kind: slack, url: { env: HOOK } }
  team: { kind: email, from: r@example.com, to: [o@example.com], smtp: { host: m, user: r, password: { file: /s } } }
  in: { kind: webhook, url: "https://ops.example.com", secrets: [{ env: SIGN }] }
`;
    const values: Record<string, string> = {
      HOOK: "https://hooks.slack.com/x",
      "/s": "pw",
      SIGN: SECRET,
    };
    const read = readSettings(text, "regild.yml", (place) => {
      const secret = values["env" in place ? place.env : place.file];
      return secret === undefined ? { problem: "is not there" } : { secret };
    });
    if ("problems" in read) throw new Error(JSON.stringify(read.problems));
    expect(read.notifications.get("ops")?.url).toBe("https://hooks.slack.com/x");
    expect(read.notifications.get("team")?.smtp?.password).toBe("pw");
    expect(read.notifications.get("in")?.secrets).toEqual([SECRET]);
    expect(storedTargets(storedText(read))).toEqual(read.notifications);
    const none = readSettings(text, "regild.yml", () => ({ problem: "is not there" }));
    expect("problems" in none ? none.problems.map(({ path, line }) => [path, line]) : []).toEqual([
      ["notifications.ops.url", 2],
      ["notifications.team.smtp.password", 3],
      ["notifications.in.secrets[0]", 4],
    ]);
  });
});

describe("quiet hours", () => {
  const berlin = { from: "22:00", to: "06:00", timezone: "Europe/Berlin" };
  it.each([
    ["2026-11-28T20:59:59Z", null],
    ["2026-11-28T21:00:00Z", "2026-11-29T05:00:00.000Z"],
    ["2026-11-29T04:59:59Z", "2026-11-29T05:00:00.000Z"],
    ["2026-11-29T05:00:00Z", null],
    ["2026-03-28T23:00:00Z", "2026-03-29T04:00:00.000Z"], // clocks go forward
    ["2026-10-24T22:00:00Z", "2026-10-25T05:00:00.000Z"], // and back
  ])("at %s they end at %s", (at, end) => {
    const untilMs = quietUntilMs(berlin, Date.parse(at));
    expect(untilMs === null ? null : new Date(untilMs).toISOString()).toBe(end);
  });

  it("end in the hour that a night skips as soon as it is over", () => {
    const skipped = { from: "01:00", to: "02:30", timezone: "Europe/Berlin" };
    expect(quietUntilMs(skipped, Date.parse("2026-03-29T00:30:00Z"))).toBe(
      Date.parse("2026-03-29T01:00:00Z"),
    );
  });
});
