import type { CallbackTarget } from "../callback/target.ts";
import type { Workspace } from "../chat/workspace.ts";
import type { Target } from "../notify/target.ts";
import type { Sender } from "../webhook/sender.ts";
import type { OidcSettings } from "./oidc.ts";

/** What regild.yml holds. */
export interface Settings {
  /** Systems that may start runs by webhook, by name. */
  senders: ReadonlyMap<string, Sender>;
  /** Chat workspaces whose users may send commands, by name. */
  chat: ReadonlyMap<string, Workspace>;
  /** Where the outcome of runs is reported, by name. */
  callbacks: ReadonlyMap<string, CallbackTarget>;
  /** Who can be told what happens to recipes, by name. */
  notifications: ReadonlyMap<string, Target>;
  /** Whether reading takes a token too where only this machine's users can ask. Elsewhere it always does. */
  signIn: SignIn;
  /** Where people sign in to the page. Null: by tokens alone. */
  oidc: OidcSettings | null;
}

export const SIGN_IN = ["for_actions", "required"] as const;
export type SignIn = (typeof SIGN_IN)[number];

export const NO_SETTINGS: Settings = {
  senders: new Map(),
  chat: new Map(),
  callbacks: new Map(),
  notifications: new Map(),
  signIn: "for_actions",
  oidc: null,
};

/** The text that AWS keeps: regild.yml as JSON, so that no function needs a YAML parser. */
export function storedText({
  senders,
  chat,
  callbacks,
  notifications,
}: Pick<Settings, "senders" | "chat" | "callbacks" | "notifications">): string {
  const file = {
    senders: Object.fromEntries(senders),
    ...(chat.size === 0 ? {} : { chat: Object.fromEntries(chat) }),
    ...(callbacks.size === 0 ? {} : { callbacks: Object.fromEntries(callbacks) }),
    ...(notifications.size === 0 ? {} : { notifications: Object.fromEntries(notifications) }),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}
