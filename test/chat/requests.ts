import { discordSignature, MATTERMOST_TOKEN, SLACK_SECRET, slackSignature } from "./keys.ts";
import { TEAMS_TOKEN, teamsSignature } from "./keys.ts";

/** A request as a platform sends it. */
export interface PlatformRequest {
  headers: Record<string, string>;
  body: string;
}

export interface Written {
  text: string;
  user?: string;
  userName?: string;
  channel?: string;
  workspace?: string;
  /** Slack and Mattermost: where later messages are taken. */
  address?: string;
  /** The same for a repetition. */
  id: string;
  nowMs: number;
}

export const WORKSPACE_IDS = {
  slack: "T1DC2JH3J",
  mattermost: "rdc9bgriktyx9p4kowh3dmgqyc",
  discord: "290926798626357999",
  teams: "19:ac04b17b1d2d4ef0a5cbbb29ab29a68f@thread.tacv2",
} as const;

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Source: docs.slack.dev, Slash commands. */
export function slackRequest(written: Written, secret = SLACK_SECRET): PlatformRequest {
  const { text, user = "U2CERLKJA", userName = "anna", channel = "C8PSS9T3V", id, nowMs } = written;
  const body = new URLSearchParams({
    token: "xyzz0WbapA4vBCDEFasx0q6G",
    team_id: written.workspace ?? WORKSPACE_IDS.slack,
    team_domain: "testteamnow",
    channel_id: channel,
    channel_name: "golden-images",
    user_id: user,
    user_name: userName,
    command: "/regild",
    // Slack escapes these three characters only.
    text: text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
    response_url:
      written.address ??
      "https://hooks.slack.com/commands/T1DC2JH3J/397700885554/96rGlfmibIGlgcZRskXaIFfN",
    trigger_id: id,
  }).toString();
  const time = seconds(nowMs);
  return {
    headers: {
      ...FORM,
      "x-slack-request-timestamp": String(time),
      "x-slack-signature": slackSignature(secret, time, body),
    },
    body,
  };
}

/** Source: mattermost/mattermost, server/channels/app/command.go, tryExecuteCustomCommand. */
export function mattermostRequest(written: Written, token = MATTERMOST_TOKEN): PlatformRequest {
  const { text, user = "k5qhqy4c6f8ajfg1e4s7ar6tpo", userName = "anna", id } = written;
  const body = new URLSearchParams({
    channel_id: written.channel ?? "jumqjtpkwtbcxqgbx7t8nrbtpa",
    channel_name: "golden-images",
    command: "/regild",
    response_url:
      written.address ?? "https://chat.example.com/hooks/commands/1xkqbrr5zjbyxqkqrqjz9ykz7h",
    root_id: "",
    team_domain: "ops",
    team_id: written.workspace ?? WORKSPACE_IDS.mattermost,
    text,
    token,
    trigger_id: id,
    user_id: user,
    user_name: userName,
  }).toString();
  return {
    headers: { ...FORM, accept: "application/json", authorization: `Token ${token}` },
    body,
  };
}

/** Source: docs.discord.com, Receiving and Responding to Interactions. */
export function discordRequest(written: Written & { roles?: string[]; button?: boolean }) {
  const { text, user = "53908232506183680", userName = "anna", id, nowMs } = written;
  const data = written.button
    ? { component_type: 2, custom_id: text }
    : {
        id: "771825006014889984",
        name: "regild",
        type: 1,
        options: text === "" ? [] : [{ name: "command", type: 3, value: text }],
      };
  return signedForDiscord(
    {
      type: written.button ? 3 : 2,
      application_id: "845027738276462632",
      token: "A_UNIQUE_TOKEN",
      id,
      guild_id: written.workspace ?? WORKSPACE_IDS.discord,
      channel_id: written.channel ?? "645027906669510667",
      member: {
        user: { id: user, username: userName, discriminator: "0" },
        roles: written.roles ?? [],
        permissions: "2147483647",
      },
      data,
      version: 1,
    },
    nowMs,
  );
}

export function signedForDiscord(document: object, nowMs: number): PlatformRequest {
  const body = JSON.stringify(document);
  const time = seconds(nowMs);
  return {
    headers: {
      "content-type": "application/json",
      "x-signature-timestamp": String(time),
      "x-signature-ed25519": discordSignature(time, body),
    },
    body,
  };
}

/** Source: learn.microsoft.com, Create Outgoing Webhooks; Bot Framework, Activity schema. */
export function teamsRequest(written: Written, token = TEAMS_TOKEN): PlatformRequest {
  const {
    text,
    user = "5a2f4b52-7b0b-4b0a-9b0e-0c6c4f6f0a11",
    userName = "Anna",
    id,
    nowMs,
  } = written;
  const html = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const body = JSON.stringify({
    type: "message",
    id,
    timestamp: new Date(nowMs).toISOString(),
    localTimestamp: new Date(nowMs).toISOString(),
    serviceUrl: "https://smba.trafficmanager.net/emea/",
    channelId: "msteams",
    from: {
      id: "29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB25ATiQWA85g",
      name: userName,
      aadObjectId: user,
    },
    conversation: { isGroup: true, id: "19:253b1f341670408fb6fe51050b6e5ceb@thread.tacv2" },
    text: `<p><at>Regild</at>&nbsp;${html}</p>\r\n`,
    textFormat: "html",
    attachments: [],
    entities: [{ type: "clientInfo", locale: "en-GB", country: "GB", platform: "Web" }],
    channelData: {
      teamsChannelId: written.channel ?? "19:253b1f341670408fb6fe51050b6e5ceb@thread.tacv2",
      teamsTeamId: written.workspace ?? WORKSPACE_IDS.teams,
      channel: { id: written.channel ?? "19:253b1f341670408fb6fe51050b6e5ceb@thread.tacv2" },
      team: { id: written.workspace ?? WORKSPACE_IDS.teams },
      tenant: { id: "72f988bf-86f1-41af-91ab-2d7cd011db47" },
    },
  });
  return {
    headers: {
      "content-type": "application/json; charset=utf-8",
      authorization: teamsSignature(token, body),
    },
    body,
  };
}
