import { createHmac, randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { isSame } from "../access/session.ts";
import { UsedInMemory, type UsedAttempts } from "./used-attempts.ts";

const COOKIE = "regild_oidc";
/** Where the cookie is sent: to the two addresses of this sign-in alone. */
export const OIDC_PATH = "/sign-in/oidc";
/** Long enough for a second factor. */
const ATTEMPT_MS = 10 * 60_000;

const attemptSchema = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  /** Of PKCE, RFC 7636. */
  verifier: z.string(),
  /** The page to go on to. */
  next: z.string(),
  untilMs: z.int(),
});
/** A sign-in that has begun and did not come back from the provider yet. */
export type Attempt = z.infer<typeof attemptSchema>;

/** Signs attempts, and knows those that came back. */
export interface AttemptKeeping {
  key: Uint8Array;
  used: UsedAttempts;
}

/** For a process that answers alone. */
export function ownAttempts(now: () => number): AttemptKeeping {
  return { key: randomBytes(32), used: new UsedInMemory(now) };
}

/** Keeps attempts in a signed cookie of the browser that began them. Each can be used once. */
export class Attempts {
  private readonly keeping: AttemptKeeping;
  private readonly now: () => number;

  constructor(keeping: AttemptKeeping, now: () => number) {
    this.keeping = keeping;
    this.now = now;
  }

  /** @returns the attempt, and the header `Set-Cookie` that keeps it. */
  begin(verifier: string, next: string, isSecure: boolean): { attempt: Attempt; cookie: string } {
    const [state, nonce] = [random(), random()];
    const attempt = { state, nonce, verifier, next, untilMs: this.now() + ATTEMPT_MS };
    const text = Buffer.from(JSON.stringify(attempt)).toString("base64url");
    // `Lax`: the browser comes back from another site, and would not send a `Strict` cookie along.
    const rest = `Path=${OIDC_PATH}; Max-Age=${ATTEMPT_MS / 1000}; HttpOnly; SameSite=Lax`;
    const cookie = `${COOKIE}=${text}.${this.mac(text)}; ${rest}${isSecure ? "; Secure" : ""}`;
    return { attempt, cookie };
  }

  /**
   * The attempt of this browser, which nobody can use again.
   * @returns null: it began none, or too long ago, or its cookie was changed, or `state` is of another attempt.
   */
  async take(cookieHeader: string | undefined, state: string): Promise<Attempt | null> {
    const attempt = this.in(cookieHeader);
    if (attempt === null || attempt.untilMs <= this.now()) return null;
    if (!isSame(state, attempt.state)) return null;
    const isFirst = await this.keeping.used.use(attempt.state, attempt.untilMs);
    return isFirst ? attempt : null;
  }

  private in(cookieHeader: string | undefined): Attempt | null {
    for (const pair of (cookieHeader ?? "").split(";")) {
      const [name, value = ""] = pair.trim().split("=", 2);
      const [text = "", mac = ""] = value.split(".", 2);
      if (name !== COOKIE || !isSame(mac, this.mac(text))) continue;
      return attemptSchema.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    }
    return null;
  }

  private mac(text: string): string {
    return createHmac("sha256", this.keeping.key).update(text).digest("base64url");
  }
}

function random(): string {
  return randomBytes(32).toString("base64url");
}
