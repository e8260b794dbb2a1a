import type { OidcSettings } from "../../shared/settings/oidc.ts";
import type { Http } from "../../shared/ports.ts";
import { SignInFailed } from "./failure.ts";
import type { Provider } from "./provider.ts";

/** How this process reaches a provider, and proves to it which client it is. */
export interface ProviderAccess {
  /** The client secret, or why there is none. Null: the client has none. */
  secret: (settings: OidcSettings) => { secret: string | null } | { problem: string };
  /** @throws NoAnswer: a file of certificates cannot be read. */
  http: (settings: OidcSettings) => Promise<Http>;
}

/** A provider's document is read again after so long. */
const DOCUMENT_MS = 3_600_000;
/** Anybody may begin a sign-in: while the provider is down, it is not asked more often than this. */
const FAILURE_MS = 10_000;

interface Kept {
  settings: OidcSettings;
  opening: Promise<Provider>;
  untilMs: number;
}

/** The provider of the settings in force: its document is read once for all who wait, and kept. */
export class KeptProvider {
  private readonly access: ProviderAccess;
  private readonly now: () => number;
  private kept: Kept | null = null;

  constructor(access: ProviderAccess, now: () => number) {
    this.access = access;
    this.now = now;
  }

  /** @throws what the last try threw, for ten seconds. */
  of(settings: OidcSettings): Promise<Provider> {
    const { kept, now } = this;
    if (kept?.settings === settings && kept.untilMs > now()) return kept.opening;
    const next: Kept = { settings, opening: open(settings, this.access), untilMs: Infinity };
    this.kept = next;
    next.opening.then(
      () => (next.untilMs = now() + DOCUMENT_MS),
      () => (next.untilMs = now() + FAILURE_MS),
    );
    return next.opening;
  }
}

/** Loads openid-client with the first sign-in. */
async function open(settings: OidcSettings, access: ProviderAccess): Promise<Provider> {
  const secret = access.secret(settings);
  if ("problem" in secret) {
    const remedy = "Tell who operates Regild: the log names the setting";
    const message = "Regild cannot read its client secret";
    throw new SignInFailed({ status: 502, message, remedy, detail: secret.problem });
  }
  const [{ Provider }, http] = await Promise.all([import("./provider.ts"), access.http(settings)]);
  return Provider.open(settings, secret.secret, http);
}
