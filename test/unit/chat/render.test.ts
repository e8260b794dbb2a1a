import { workspaceOf } from "../../chat/workspaces.ts";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import type { ChatCommand } from "../../../shared/chat/platform.ts";
import { PLATFORM } from "../../../shared/chat/platforms.ts";
import { PLATFORMS } from "../../../shared/chat/workspace.ts";

const asked: ChatCommand = {
  kind: "command",
  id: "1",
  workspace: "T",
  channel: "C",
  user: "U",
  userName: "anna",
  roles: [],
  text: "status",
  prefix: "/regild",
  replyTo: null,
};

const HOSTILE = [
  "@channel @here @all @everyone <!channel> <@U123> <@&42> <#C1>",
  "*bold* _it_ ~s~ `code` [x](https://evil.example/a) ![x](https://evil.example/b)",
  "# heading",
  "- list",
  "> quote",
  "    code",
  "a\nb\r\nc\u2028d",
  "\u202egnp.exe",
  "```\nfence\n```",
  "<at>Anna</at> &lt;!channel&gt;",
];

describe("text of others", () => {
  it.each(PLATFORMS)("can neither ping nor format on %s", (platform) => {
    for (const text of HOSTILE) {
      const { body } = PLATFORM[platform].render(
        { title: text, lines: [text, text], confirm: null, seenBy: "channel" },
        asked,
        { workspace: workspaceOf(platform), nowMs: 0 },
      );
      const shown = texts(JSON.parse(body)).join("\n");
      expect(shown).not.toMatch(/@(channel|here|all|everyone|U123|&42|Anna)/);
      expect(shown).not.toContain("://");
      expect(shown).not.toMatch(/[\r\u2028\u202e]/);
    }
  });

  it("on Slack stands in plain_text only, and is escaped in the text of notifications", () => {
    const [text = ""] = HOSTILE;
    const { body } = PLATFORM.slack.render(
      { title: text, lines: [text], confirm: null, seenBy: "user" },
      asked,
      { workspace: workspaceOf("slack"), nowMs: 0 },
    );
    expect(body).not.toContain("mrkdwn");
    const { text: notification } = z.object({ text: z.string() }).parse(JSON.parse(body));
    expect(notification).not.toMatch(/[<>]/);
  });

  it.each(["mattermost", "discord", "teams"] as const)(
    "on %s has its markup escaped",
    (platform) => {
      for (const text of HOSTILE) {
        const { body } = PLATFORM[platform].render(
          { title: "t", lines: [text], confirm: null, seenBy: "channel" },
          asked,
          { workspace: workspaceOf(platform), nowMs: 0 },
        );
        const [, shown = ""] = texts(JSON.parse(body))
          .join("\n")
          .split(/\*\*t\*\* *\n+/);
        expect(shown.replaceAll(/\\[\\*_~`|<>#[\]()!+=-]/g, "x")).not.toMatch(
          /[*_~`|<>#[\]]|^[-+=]|^ /m,
        );
      }
    },
  );

  it.each(PLATFORMS)("is cut to what %s takes", (platform) => {
    const lines = Array.from({ length: 500 }, (_, at) => `line ${at} ${"x".repeat(100)}`);
    const { body } = PLATFORM[platform].render(
      { title: "y".repeat(400), lines, confirm: null, seenBy: "user" },
      asked,
      { workspace: workspaceOf(platform), nowMs: 0 },
    );
    const longest = { slack: 3000, mattermost: 16_383, discord: 2000, teams: 28_000 }[platform];
    for (const text of texts(JSON.parse(body))) expect(text.length).toBeLessThanOrEqual(longest);
  });
});

/** Every text that is shown in a document. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}
