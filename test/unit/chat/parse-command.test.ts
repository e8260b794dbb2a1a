import { describe, expect, it } from "vitest";
import { deliveryOf } from "../../../shared/webhook/delivery.ts";
import { parseCommand } from "../../../shared/chat/parse-command.ts";
import { PLATFORM } from "../../../shared/chat/platforms.ts";
import { signedForDiscord, teamsRequest } from "../../chat/requests.ts";

describe("what a person types", () => {
  it.each([
    ["", { kind: "command", name: "help", argument: null }],
    ["  status ", { kind: "command", name: "status", argument: null }],
    ["Refresh\u00a0web", { kind: "command", name: "refresh", argument: "web" }],
    [
      "cancel\tweb-20261123-093012-k3f9q2",
      { kind: "command", name: "cancel", argument: "web-20261123-093012-k3f9q2" },
    ],
    ["refresh web now", { kind: "too-many", name: "refresh" }],
    [
      "reject web  the service does not start",
      { kind: "command", name: "reject", argument: "web", rest: "the service does not start" },
    ],
    ["reject web", { kind: "command", name: "reject", argument: "web", rest: "" }],
    ["frefresh web", { kind: "unknown", word: "frefresh" }],
    ["__proto__", { kind: "unknown", word: "__proto__" }],
    ["x".repeat(5000), { kind: "unknown", word: "x".repeat(80) }],
  ])("%s", (text, parsed) => {
    expect(parseCommand(text)).toEqual(parsed);
  });
});

const NOW = Date.parse("2026-11-28T09:30:00Z");

function textOf(platform: "teams" | "discord", body: string): string | null {
  const parsed = PLATFORM[platform].parse(deliveryOf({}, Buffer.from(body)));
  return parsed?.kind === "command" ? parsed.text : null;
}

it.each([
  ["<at>Regild</at> refresh web", "refresh web"],
  ["<p><at>Regild</at>&nbsp;refresh web</p>", "refresh web"],
  [
    '<div><div><at id="0">Regild</at>&nbsp;<b>status</b>&nbsp;a&amp;lt;b</div>\n</div>',
    "status a&lt;b",
  ],
  ["<at>Regild</at>", ""],
])("Teams sends a command as HTML: %s", (html, text) => {
  const { body } = teamsRequest({ text: "", id: "1", nowMs: NOW });
  const changed = JSON.stringify({ ...JSON.parse(body), text: html });
  expect(textOf("teams", changed)?.replaceAll(/\s+/g, " ")).toBe(text);
});

it.each([
  [[], ""],
  [[{ name: "command", type: 3, value: "refresh web" }], "refresh web"],
  [
    [{ name: "refresh", type: 1, options: [{ name: "recipe", type: 3, value: "web" }] }],
    "refresh web",
  ],
  [[{ name: "runs", type: 1, options: [] }], "runs"],
])("Discord sends words as options and subcommands", (options, text) => {
  const interaction = {
    type: 2,
    id: "1",
    guild_id: "2",
    channel_id: "3",
    member: { user: { id: "4", username: "anna" }, roles: [] },
    data: { name: "regild", options },
  };
  expect(textOf("discord", signedForDiscord(interaction, NOW).body)).toBe(text);
});
