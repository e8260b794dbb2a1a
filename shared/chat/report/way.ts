import type { HttpRequest } from "../../ports.ts";
import type { Reply } from "../platform.ts";
import type { Workspace } from "../workspace.ts";
import type { Report } from "./report.ts";

/** One possible message to a chat. */
export interface Way {
  /** True: the same message is edited each time. False: each is a new one, and there are few. */
  edits: boolean;
  /** How many may still be sent; of edits, any number. */
  left: number;
  /** The last moment at which the platform takes it; null: there is none. */
  untilMs: number | null;
  request: (reply: Reply) => Pick<HttpRequest, "method" | "url" | "headers"> & { body: string };
  /** @returns why the platform did not take it, though its status says so; null: it did. */
  refusalIn: (text: string) => string | null;
  /** @returns the id by which the message is edited later. */
  messageIdIn: (text: string) => string | null;
}

export interface WayAsked {
  workspace: Workspace;
  report: Report;
  /** Unsealed; null: there is none. */
  address: string | null;
  nowMs: number;
}

/** How a platform is told of the progress of a run; null: there is no way, or no longer. */
export type WayOf = (asked: WayAsked) => Way | null;

/** Slack and Mattermost take five messages in 30 minutes at the address of a command. */
export const ADDRESS_MESSAGES = 5;
export const ADDRESS_MS = 30 * 60_000;

export const JSON_HEADERS = { "content-type": "application/json; charset=utf-8" };

/** @returns null: it is no such text. */
export function textField(text: string, name: string): string | null {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document !== "object" || document === null) return null;
    const value: unknown = Object.getOwnPropertyDescriptor(document, name)?.value;
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}

/** True if the URL is https and of one of these origins: no answer leads a request elsewhere. */
export function isAt(url: string, origins: readonly string[]): boolean {
  return URL.canParse(url) && origins.includes(new URL(url).origin);
}
