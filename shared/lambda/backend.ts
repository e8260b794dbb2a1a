import type { CallbackTarget } from "../callback/target.ts";
import type { Bus } from "../events/publish.ts";
import type { Clouds } from "../cloud-ports.ts";
import type { Http, Log } from "../ports.ts";
import type { Deps } from "../protocol/step.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Outgoing } from "../ports.ts";
import type { SharedRead } from "../chat/shared-read.ts";
import type { Workspace } from "../chat/workspace.ts";
import type { Sender } from "../webhook/sender.ts";
import type { Mailer } from "../notify/mail.ts";
import type { Target } from "../notify/target.ts";
import type { OidcSettings } from "../settings/oidc.ts";
import type { Metrics } from "./metrics.ts";

/** What a function runs on: each asks for no more than it needs, and on AWS is allowed no more. */
export interface StoreBackend extends Omit<Deps, "clouds"> {
  metrics: Metrics;
}

export interface CloudBackend extends StoreBackend {
  clouds: Clouds;
}

export interface RecipeBackend extends StoreBackend {
  /** This installation's name. */
  installationId: string;
  recipes: ReadonlyMap<string, Recipe>;
}

/** Whom nobody knows yet has nothing looked up for: so the rest is asked for when a delivery is verified. */
export interface WebhookBackend extends StoreBackend {
  recipes: () => ReadonlyMap<string, Recipe>;
  /** By name. */
  senders: () => Promise<ReadonlyMap<string, Sender>>;
  /** This installation's name. */
  installationId: () => Promise<string>;
}

/** As above: nothing is looked up for a request that is not verified. */
export interface CommandBackend extends Omit<WebhookBackend, "senders"> {
  /** Chat workspaces by name. */
  chat: () => Promise<ReadonlyMap<string, Workspace>>;
  sharedRead: SharedRead;
}

/** What tells chats of runs that were started there, and builds of the outcome. */
export interface ReportBackend extends StoreBackend, Pick<CommandBackend, "chat"> {
  outgoing: Outgoing;
  /** Where the outcome of runs is reported, by name. */
  callbacks: () => Promise<ReadonlyMap<string, CallbackTarget>>;
  /** Who is told what happens to recipes, by name. */
  targets: () => Promise<ReadonlyMap<string, Target>>;
  mailer: Mailer;
}

/** What the page and the HTTP API are served from. */
export interface DashboardBackend extends RecipeBackend {
  /** Signs the cookies of the page. Null: none is stored, and nobody can sign in to the page. */
  sessionKey: () => Promise<Uint8Array | null>;
  /** The provider where people sign in. Null: none is stored, and people sign in with tokens alone. */
  oidc: () => Promise<OidcSettings | null>;
  providerHttp: (of: Pick<OidcSettings, "cacert">) => Http;
}

/** Of what tells others: it reads no record but those it is given. */
export interface EventBackend {
  bus: Bus;
  log: Log;
  metrics: Metrics;
}

/** All of it, as the host of one machine provides it. */
export type Backend = CloudBackend &
  RecipeBackend &
  Pick<WebhookBackend, "senders"> &
  Pick<ReportBackend, "chat" | "outgoing" | "callbacks" | "targets" | "mailer"> &
  Partial<Pick<CommandBackend, "sharedRead">>;
