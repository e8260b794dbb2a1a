import { describe, expect, it } from "vitest";
import { storedWorkspaces } from "../../../shared/chat/stored-workspaces.ts";
import { readSettings } from "../../../shared/settings/read-settings.ts";
import { storedText } from "../../../shared/settings/settings.ts";
import { storedSenders } from "../../../shared/webhook/stored-senders.ts";
import { DISCORD_PUBLIC_KEY, SLACK_SECRET, TEAMS_TOKEN } from "../../chat/keys.ts";

const GOOD = `
chat:
  ops:
    platform: slack
    secrets: ["${SLACK_SECRET}"]
    workspace: T0123
    ask: Anna
    groups: { ops: [U1, U2] }
    allow:
      - { commands: [status, runs], recipes: any, users: any }
      - { commands: [refresh], recipes: [web], groups: [ops], channels: [C1] }
  lab:
    platform: discord
    public_key: "${DISCORD_PUBLIC_KEY}"
    workspace: "290926798626357999"
    allow: [{ commands: [status], recipes: any, roles: ["1"] }]
  rooms: { platform: teams, secrets: ["${TEAMS_TOKEN}"], workspace: "19:a", allow: [] }
`;

function problemsOf(text: string): string[] {
  const read = readSettings(text, "regild.yml");
  if (!("problems" in read)) return [];
  return read.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

const one = (lines: string) => `chat:\n  ops: { workspace: T1, ${lines} }\n`;

it("chat workspaces are read, and stored on AWS, as they were written", () => {
  expect(problemsOf(GOOD)).toEqual([]);
  const read = readSettings(GOOD, "regild.yml");
  if ("problems" in read) throw new Error("it has problems");
  expect([...read.chat.keys()]).toEqual(["ops", "lab", "rooms"]);
  expect(storedWorkspaces(storedText(read))).toEqual(read.chat);
  expect(storedSenders(storedText(read))).toEqual(new Map());
  expect(storedWorkspaces('{"senders":{}}')).toEqual(new Map());
});

describe("a workspace", () => {
  it.each([
    [
      "platform: slak, secrets: [x]",
      "platform: is unknown. Write slack, mattermost, discord, or teams",
    ],
    ["platform: slack, allow: []", 'secrets is missing. Write secrets: ["…"]'],
    [`platform: slack, secrets: ["${SLACK_SECRET}"]`, "allow is missing. Write allow: [{ commands"],
    ['platform: slack, secrets: ["short"], allow: []', "is shorter than 16 characters"],
    ['platform: discord, public_key: "ab", allow: []', "is not 64 hexadecimal digits"],
    [`platform: discord, secrets: ["${SLACK_SECRET}"], allow: []`, "public_key is missing"],
    [`platform: teams, secrets: ["${SLACK_SECRET}"], allow: []`, "is not the security token"],
    [`platform: slack, secrets: ["${SLACK_SECRET}"], alow: []`, "unknown key. Did you mean allow?"],
  ])("with %s", (lines, problem) => {
    expect(problemsOf(one(lines)).join("\n")).toContain(problem);
  });

  it.each([
    ["commands: [status], recipes: any", "allows nobody. Add users"],
    ["commands: [stats], recipes: any, users: any", "is unknown. Write refresh, status"],
    ["commands: [status], users: any", "recipes is missing. Write any, or recipes: [web]"],
    ["commands: [status], recipes: all, users: any", "is neither any nor a list"],
    ["commands: [status], recipes: any, groups: [ops]", "is no group of this workspace"],
    ["commands: [status], recipes: any, roles: ['1']", "is for discord only. Write groups instead"],
    ["commands: [status], recipes: any, user: any", "unknown key. Did you mean users?"],
  ])("with the rule %s", (rule, problem) => {
    const lines = `platform: slack, secrets: ["${SLACK_SECRET}"], allow: [{ ${rule} }]`;
    expect(problemsOf(one(lines)).join("\n")).toContain(problem);
  });

  it("no problem shows a secret", () => {
    const text = GOOD.replace("platform: slack", "platform: slak").replace(
      "[U1, U2]",
      SLACK_SECRET,
    );
    expect(problemsOf(text).length).toBeGreaterThan(0);
    expect(problemsOf(text).join("\n")).not.toContain(SLACK_SECRET);
    expect(() => storedWorkspaces(`{"chat":{"a":{"secrets":["${SLACK_SECRET}"]}}}`)).toThrow(
      /chat\.a\.platform is missing/,
    );
    expect(() => storedWorkspaces(`{"chat":{"a":{"secrets":["${SLACK_SECRET}"]}}}`)).not.toThrow(
      SLACK_SECRET,
    );
  });
});

it("a file with neither senders nor chat says what to write", () => {
  expect(problemsOf("{}")).toEqual([
    '1 : senders is missing. Write senders: { ci: { scheme: github, secrets: ["…"] } }',
  ]);
});
