import type { OidcSettings } from "../../shared/settings/oidc.ts";
import { clientSecret } from "./client-secret.ts";
import { SignInFailed } from "./failure.ts";
import type { Provider } from "./provider.ts";

type Env = Readonly<Record<string, string | undefined>>;

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
  private readonly env: Env;
  private readonly now: () => number;
  private kept: Kept | null = null;

  constructor(env: Env, now: () => number) {
    this.env = env;
    this.now = now;
  }

  /** @throws what the last try threw, for ten seconds. */
  of(settings: OidcSettings): Promise<Provider> {
    const { kept, now } = this;
    if (kept?.settings === settings && kept.untilMs > now()) return kept.opening;
    const next: Kept = { settings, opening: open(settings, this.env), untilMs: Infinity };
    this.kept = next;
    next.opening.then(
      () => (next.untilMs = now() + DOCUMENT_MS),
      () => (next.untilMs = now() + FAILURE_MS),
    );
    return next.opening;
  }
}

/** Loads openid-client with the first sign-in. */
async function open(settings: OidcSettings, env: Env): Promise<Provider> {
  const secret = clientSecret(settings, env);
  if ("problem" in secret) {
    const remedy = "Tell who operates Regild: the log names the setting";
    const message = "Regild cannot read its client secret";
    throw new SignInFailed({ status: 502, message, remedy, detail: secret.problem });
  }
  const [{ Provider }, { providerHttp }] = await Promise.all([
    import("./provider.ts"),
    import("./provider-fetch.ts"),
  ]);
  return Provider.open(settings, secret.secret, providerHttp(settings, env));
}
