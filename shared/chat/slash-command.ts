import type { ChatCommand } from "./platform.ts";

/** The form of a slash command, which Mattermost took over from Slack. @returns null: it is none. */
export function slashCommandOf(form: URLSearchParams): ChatCommand | null {
  const field = (name: string): string => form.get(name) ?? "";
  const id = field("trigger_id");
  if (id === "" || field("command") === "") return null;
  return {
    kind: "command",
    id,
    workspace: field("team_id"),
    channel: field("channel_id"),
    user: field("user_id"),
    userName: field("user_name"),
    roles: [],
    text: field("text"),
    prefix: field("command"),
    replyTo: form.get("response_url"),
  };
}
