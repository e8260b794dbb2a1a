import type { Delivery, Verdict } from "../webhook/delivery.ts";
import type { Workspace } from "./workspace.ts";

/** Who wrote a command, where, and what. Everything in it was signed by the platform. */
export interface ChatCommand {
  kind: "command";
  /** The same for each repetition of the request. */
  id: string;
  /** The platform's ids. */
  workspace: string;
  channel: string;
  user: string;
  userName: string;
  /** Discord only: ids of the user's roles. */
  roles: readonly string[];
  /** What follows `/regild`. */
  text: string;
  /** How a person writes the next command: `/regild`. */
  prefix: string;
  /** Absent: the user wrote the command. */
  pressed?: {
    /** True: nobody else sees the message that the button is in. */
    isOnlyToUser: boolean;
  };
  /** Where the platform takes later messages for a while; whoever has it can write there. Null: nowhere. */
  replyTo: string | null;
}

export type ChatRequest =
  /** The platform only asks whether anybody is there. */
  { kind: "ping" } | ChatCommand;

/** An answer in words. No text in it holds markup: each platform's `render` escapes all of it. */
export interface Reply {
  title: string;
  lines: readonly string[];
  /** The command that the user has to send to go on. */
  confirm: { word: string; label: string } | null;
  /** Commands that buttons send, where the platform has buttons here. They give no right: the presser's own are checked. */
  offers?: readonly Offer[];
  /** `user`: nobody else in the channel sees it, where the platform can do that. */
  seenBy: "channel" | "user";
}

export interface Offer {
  /** What follows the prefix. */
  text: string;
  label: string;
}

export interface RenderedAt {
  workspace: Workspace;
  nowMs: number;
}

export interface HttpReply {
  headers: Record<string, string>;
  body: string;
}

/** One chat platform. The next one is a file like its neighbours and a row in platforms.ts. */
export interface Platform {
  /** Does the same work whatever is missing. */
  verify: (request: Delivery, keys: readonly string[], nowMs: number) => Verdict;
  /** @returns null: the body is not a command of this platform. */
  parse: (request: Delivery) => ChatRequest | null;
  pong: () => HttpReply;
  render: (reply: Reply, asked: ChatCommand, at: RenderedAt) => HttpReply;
  /**
   * JSON documents for the address of a press, because the platform shows nothing of the answer to the request itself.
   * Absent: it shows that answer.
   */
  answersToPress?: (reply: Reply, asked: ChatCommand) => string[];
}

export function jsonReply(document: object): HttpReply {
  return {
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(document),
  };
}

/** The line that says how to confirm by typing, where a platform has no button here. */
export function confirmLine(
  { word, label }: NonNullable<Reply["confirm"]>,
  prefix: string,
): string {
  return `${label}: type ${prefix} confirm ${word} within two minutes`;
}
