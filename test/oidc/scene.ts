import { recipe, WEB } from "../cli/records.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import { openSite, type OpenedSite } from "../access/opened-site.ts";
import { CLIENT_ID, CLIENT_SECRET, openProvider, type ProviderOptions } from "./real-provider.ts";
import { type Shown, throughProvider, Visit } from "./visit.ts";

export const DB = recipe("db", "server: db-golden");

export const GRANTS: OidcSettings["grants"] = [
  { claim: "groups", value: "platform", role: "admin" },
  { claim: "groups", value: "web-team", role: "run", recipes: ["web"] },
  { claim: "groups", value: "readers", role: "read" },
];

export interface Told {
  level: "info" | "warn" | "error";
  message: string;
  fields: unknown;
}

/** `regild serve` with a sign-in at a real provider. */
export async function openScene(
  is: Omit<ProviderOptions, "redirectUri"> & {
    settings?: Partial<OidcSettings>;
    /** False: the client has no secret in regild.yml. */
    hasSecret?: boolean;
    env?: Record<string, string>;
  } = {},
) {
  const told: Told[] = [];
  const log = (level: Told["level"]) => (message: string, fields?: unknown) => {
    told.push({ level, message, fields });
  };
  let settings: OidcSettings | null = null;
  const site: OpenedSite = await openSite({
    signIn: "required",
    recipes: [WEB, DB],
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    oidc: () => settings,
    env: is.env ?? {},
  });
  const provider = await openProvider({
    ...is,
    redirectUri: `${site.url}/sign-in/oidc/callback`,
  });
  settings = {
    issuer: provider.issuer,
    client_id: CLIENT_ID,
    ...(is.hasSecret === false ? {} : { client_secret: CLIENT_SECRET }),
    public_url: site.url,
    scopes: ["openid", "profile", "groups"],
    ask: "Anna, ops@example.org",
    grants: GRANTS,
    ...is.settings,
  };
  const visit = new Visit();
  const begin = async (by = visit, next = "/"): Promise<Shown> => {
    const form = await by.ask(`${site.url}/sign-in?next=${encodeURIComponent(next)}`);
    const link = /class="button" href="([^"]+)"/.exec(form.text)?.[1] ?? "";
    return by.ask(link.replaceAll("&amp;", "&"));
  };
  return {
    site,
    provider,
    told,
    visit,
    begin,
    /** @returns the settings before. */
    set: (changed: Partial<OidcSettings> | null) => {
      const before = settings;
      settings = changed === null || settings === null ? null : { ...settings, ...changed };
      return before;
    },
    /** @returns the address of the callback, not asked for yet. */
    callback: async (person: string | null, by = visit) =>
      throughProvider(by, await begin(by), site.url, person),
    /** The whole flow. @returns the page after it. */
    signIn: async (person: string | null, by = visit, next = "/"): Promise<Shown> =>
      by.ask(await throughProvider(by, await begin(by, next), site.url, person)),
    async [Symbol.asyncDispose]() {
      await provider.close();
      await site.close();
    },
  };
}
export type Scene = Awaited<ReturnType<typeof openScene>>;

/** The heading and the words of a page. */
export function wordsOf({ text }: Shown): string {
  const main = /<main[^>]*>([\s\S]*)<\/main>/.exec(text)?.[1] ?? text;
  return main
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

export function csrfIn({ text }: Shown): string {
  return /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? "none";
}
