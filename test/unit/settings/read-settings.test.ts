import { describe, expect, it } from "vitest";
import { readSettings } from "../../../shared/settings/read-settings.ts";

/** Of `senders:`; lines of a sender begin in column 5 of line 3. */
const one = (lines: string) => `senders:\n  ci:\n${lines.replaceAll(/^/gm, "    ")}\n`;
const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function problemsOf(text: string): string[] {
  const read = readSettings(text, "regild.yml");
  if (!("problems" in read)) return [];
  expect(read.problems.every(({ file }) => file === "regild.yml")).toBe(true);
  return read.problems.map(
    ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
  );
}

it("senders are known by their names", () => {
  const text = [
    "senders:",
    '  ci: { scheme: github, secrets: ["0123456789abcdef"] }',
    "  forge:",
    "    scheme: gitlab",
    "    secrets:",
    `      - ${WHSEC}`,
    "      - a token for X-Gitlab-Token",
    `  builder-2: { scheme: standard_webhooks, secrets: ["${WHSEC}"] }`,
  ].join("\n");
  expect(readSettings(text, "regild.yml")).toEqual({
    signIn: "for_actions",
    oidc: null,
    callbacks: new Map(),
    notifications: new Map(),
    chat: new Map(),
    senders: new Map([
      ["ci", { scheme: "github", secrets: ["0123456789abcdef"] }],
      ["forge", { scheme: "gitlab", secrets: [WHSEC, "a token for X-Gitlab-Token"] }],
      ["builder-2", { scheme: "standard_webhooks", secrets: [WHSEC] }],
    ]),
  });
  expect(readSettings("senders: {}", "regild.yml")).toEqual({
    senders: new Map(),
    chat: new Map(),
    signIn: "for_actions",
    oidc: null,
    callbacks: new Map(),
    notifications: new Map(),
  });
});

it("sign_in says whether reading takes a token too", () => {
  const of = (text: string) => readSettings(text, "regild.yml");
  expect(of("sign_in: required")).toMatchObject({ signIn: "required" });
  expect(of("sign_in: for_actions")).toMatchObject({ signIn: "for_actions" });
  expect(problemsOf("sign_in: yes please")).toEqual([
    "1:10 sign_in: is unknown. Write for_actions or required",
  ]);
  expect(problemsOf("sign-in: required")).toEqual([
    "1:1 sign-in: unknown key. Did you mean sign_in?",
  ]);
});

it("all problems of all senders are told, each with its place", () => {
  const text = [
    "senders:",
    '  Ci: { scheme: github, secrets: ["0123456789abcdef"] }',
    '  a: { scheme: git-hub, secrets: ["short"] }',
    "  b: { sheme: gitlab, secrets: [] }",
    "  c: { scheme: gitlab, colour: red }",
  ].join("\n");
  expect(problemsOf(text)).toEqual([
    "2:3 senders.Ci: is not a sender's name. Write at most 40 of a-z, 0-9 and -, a letter or digit first",
    "3:16 senders.a.scheme: is unknown. Write github, gitlab, standard_webhooks, hmac, or bearer",
    "3:35 senders.a.secrets[0]: is shorter than 16 characters. Make one: openssl rand -hex 32",
    "4:8 senders.b.sheme: unknown key. Did you mean scheme?",
    '4:32 senders.b.secrets: is empty. Write secrets: ["…"]',
    '5:3 senders.c: secrets is missing. Write secrets: ["…"]',
    "5:24 senders.c.colour: unknown key. There are scheme, secrets, header, prefix, algorithm, encoding, time_header, time_prefix, id_header, id_field, event_header, event_field",
  ]);
});

describe("a sender", () => {
  it.each([
    ["scheme: github", 'secrets is missing. Write secrets: ["…"]'],
    [
      "secrets: [0123456789abcdefg]",
      "scheme is missing. Write github, gitlab, standard_webhooks, hmac, or bearer",
    ],
    ["scheme: github\nsecret: [0123456789abcdefg]", "unknown key. Did you mean secrets?"],
    ["scheme: 5\nsecrets: [0123456789abcdefg]", "3:13 senders.ci.scheme: is unknown. Write"],
    ["scheme: github\nsecrets:", "4:5 senders.ci.secrets: is not a list. Write secrets: ["],
    ["scheme: github\nsecrets: [1234567890123456]", "is a number, not text. Put it in quotes"],
    ["scheme: github\nsecrets: [true]", "secrets[0]: is a boolean, not text. Put it in quotes"],
    ['scheme: github\nsecrets: [" 0123456789abcdef"]', "begins or ends with a blank. Take the"],
    ["scheme: github\nsecrets:\n- |\n  0123456789abcdef", "begins or ends with a blank. Take the"],
    ["scheme: gitlab\nsecrets: [0123456789abcde]", "is shorter than 16 characters. Make one"],
    ["scheme: standard_webhooks\nsecrets: [0123456789abcdefg]", "does not begin with whsec_. Copy"],
  ])("%j", (lines, problem) => {
    expect(problemsOf(one(lines))).toEqual([expect.stringContaining(problem)]);
  });
});

describe("a whsec_ secret", () => {
  const problems = (bytes: number, end = "") => {
    const secret = `whsec_${Buffer.alloc(bytes, 7).toString("base64")}${end}`;
    return problemsOf(one(`scheme: standard_webhooks\nsecrets: ["${secret}"]`));
  };

  it.each([24, 32, 64])("may be of %i bytes", (bytes) => {
    expect(problems(bytes)).toEqual([]);
  });

  it.each([0, 23, 65])("may not be of %i bytes", (bytes) => {
    expect(problems(bytes)).toEqual([
      `4:15 senders.ci.secrets[0]: holds ${bytes} bytes, and 24 to 64 are allowed. Make one: echo "whsec_$(openssl rand -base64 32)"`,
    ]);
  });

  it.each(["!", "_", " x", "=x"])("may not have %j in it", (end) => {
    expect(problems(24, end)).toEqual([
      "4:15 senders.ci.secrets[0]: is not base64 after whsec_. Copy it anew",
    ]);
  });
});

describe("a callback", () => {
  const ci = (fields: string) => `senders: {}\ncallbacks:\n  ci: { ${fields} }\n`;
  const APP = 'type: github_app, app_id: "1", private_key: "-----BEGIN RSA 0123456789"';
  const GITHUB = 'type: github, token: "ghp_0123456789"';

  it.each([
    'url: "https://ci.example.com/regild", secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]',
    `${GITHUB}, repositories: ["example/*"]`,
    `${GITHUB}, repositories: ["a/b"], url: "https://github.example.com/api/v3", private_addresses: true`,
  ])("may be %s", (fields) => {
    expect(readSettings(ci(fields), "regild.yml")).toMatchObject({
      callbacks: new Map([["ci", expect.anything()]]),
    });
  });

  it.each([
    ['url: "https://ci.example.com"', "3:3 callbacks.ci: secrets is missing. Write secrets:"],
    [
      'secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]',
      "callbacks.ci: url is missing. Write url:",
    ],
    [
      'type: github_app, app_id: "1", repositories: [a/b]',
      "callbacks.ci: private_key is missing. Write private_key: |",
    ],
    [`${APP}, repositories: [a/b]`, "callbacks.ci.private_key: is no private key of a GitHub App."],
    [`${GITHUB}, repositories: [a/b], app_id: "1"`, "callbacks.ci.app_id: is not for github."],
    [GITHUB, 'callbacks.ci: repositories is missing. Write repositories: ["example/*"]'],
    ["type: gitlab, repositories: [a/b]", "callbacks.ci: token is missing. Write token:"],
    [`${GITHUB}, repositories: []`, "callbacks.ci.repositories: is empty. Write repositories:"],
    [`${GITHUB}, repositories: [web]`, "callbacks.ci.repositories[0]: is no repository."],
    [
      `${GITHUB}, repositories: [a/b], secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]`,
      "callbacks.ci.secrets: is not for github.",
    ],
    [
      `${GITHUB}, repositories: [a/b], url: "http://github.example.com"`,
      "callbacks.ci.url: is no https address.",
    ],
    ['type: gitea, token: "0123456789"', "callbacks.ci.type: "],
    ['url: "https://u:p@ci.example.com", secrets: []', "callbacks.ci.url: holds a user."],
  ])("%s", (fields, problem) => {
    const problems = problemsOf(ci(fields));
    expect(problems).toContainEqual(expect.stringContaining(problem));
    expect(problems.join("\n")).not.toMatch(/0123456789|MfKQ9/);
  });
});

describe("the file", () => {
  it.each([
    [
      "",
      '1:1 : the file is not a mapping. Write senders: { ci: { scheme: github, secrets: ["…"] } }',
    ],
    ["- ci", "1:1 : the file is not a mapping. Write senders:"],
    ["{}", "1:1 : senders is missing. Write senders:"],
    ["senders: [ci]", "1:10 senders: is not a mapping. Write senders:"],
    ["sender: {}", "1:1 sender: unknown key. Did you mean senders?"],
    ["senders: {}\nchannels: {}", "2:1 channels: unknown key. There are senders"],
    ["senders: {}\nsenders: {}", "2:1 senders: is written twice. Keep one"],
    ["senders: { 7: {} }", "senders.7: the key is not text. Put it in quotes"],
  ])("%j", (text, problem) => {
    expect(problemsOf(text)).toContainEqual(expect.stringContaining(problem));
  });
});

describe("no message shows a value", () => {
  const SECRET = "hunter2hunter2";
  it.each([
    one(`scheme: github\nsecrets: ["${SECRET}"]`),
    one(`scheme: github\nsecrets: ${SECRET}`),
    one(`scheme: ${SECRET}\nsecrets: []`),
    one(`scheme: github\nsecrets: { ${SECRET}: 1 }`),
    one(`scheme: github\nsecrets: [{ ${SECRET}: 1, ${SECRET}: 2 }]`),
    one(`scheme: github\nsecrets: [whsec_${SECRET}]`),
    one(`scheme: github\nsecrets: [*${SECRET}]`),
    one(`scheme: github\nsecrets: [!${SECRET} x]`),
    one(`scheme: github\nsecrets: [@${SECRET}]`),
    one(`scheme: github\nsecrets: ["\\${SECRET}"]`),
    one(`scheme: github\nsecrets: ["${SECRET}`),
    one(`scheme: github\nsecrets: [${SECRET}: &${SECRET} x, *y]`),
    `senders: { ci: ${SECRET} }`,
    `senders: ${SECRET}`,
    SECRET,
    `%${SECRET}\n---\n`,
  ])("%j", (text) => {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join("\n")).not.toContain("unter2hun");
  });
});
