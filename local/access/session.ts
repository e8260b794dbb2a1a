import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const COOKIE = "regild_session";
/** A working day. */
export const SESSION_MS = 8 * 3_600_000;
const VALUE =
  /^(?<of>token|person)\.(?<id>[\w-]{10,44})\.(?<until>\d{13})\.(?<nonce>[\w-]{22})\.(?<mac>[\w-]{43})$/;

/** Who signed in: a token, or a person at the OpenID provider, by its id. */
export interface Holder {
  of: "token" | "person";
  id: string;
}

/** A sign-in to the page. It holds no token and no name, only an id that is looked up each time. */
export interface Session extends Holder {
  /** What a form has to send with it, so that no other site can send the form. */
  csrf: string;
}

/**
 * Makes and checks the cookie of a sign-in.
 * @param key known to this process alone: a restart of the host ends all sign-ins, and no copy of the data file holds it.
 */
export class Sessions {
  private readonly key: Uint8Array;
  private readonly now: () => number;
  /** Of sign-ins that were ended before their time, and when that is. */
  private readonly ended = new Map<string, number>();

  constructor(now: () => number, key: Uint8Array = randomBytes(32)) {
    this.now = now;
    this.key = key;
  }

  /** @returns the header `Set-Cookie`. Scripts cannot read the cookie, and no other site's request carries it. */
  begin({ of, id }: Holder, isHttps: boolean): string {
    const untilMs = this.now() + SESSION_MS;
    const told = `${of}.${id}.${untilMs}.${randomBytes(16).toString("base64url")}`;
    return cookie(`${told}.${this.mac(told)}`, SESSION_MS / 1000, isHttps);
  }

  /** Ends a sign-in. A copy of its cookie is of no use either. @returns the header `Set-Cookie` that takes it away. */
  end(session: Session | null, isHttps: boolean): string {
    const now = this.now();
    for (const [csrf, untilMs] of this.ended) if (untilMs <= now) this.ended.delete(csrf);
    if (session !== null) this.ended.set(session.csrf, now + SESSION_MS);
    return cookie("", 0, isHttps);
  }

  /** @returns null: there is none, it was forged or changed, or its time is over. */
  in(cookieHeader: string | undefined): Session | null {
    for (const pair of (cookieHeader ?? "").split(";")) {
      const [name, value = ""] = pair.trim().split("=", 2);
      const session = name === COOKIE ? this.read(value) : null;
      if (session !== null) return session;
    }
    return null;
  }

  private read(value: string): Session | null {
    const parts = VALUE.exec(value)?.groups;
    if (parts === undefined) return null;
    const { of, id = "", until = "", nonce = "", mac = "" } = parts;
    const told = `${of ?? ""}.${id}.${until}.${nonce}`;
    if (!isSame(mac, this.mac(told)) || Number(until) <= this.now()) return null;
    const csrf = this.mac(`csrf ${told}`);
    if (this.ended.has(csrf)) return null;
    return { of: of === "person" ? "person" : "token", id, csrf };
  }

  private mac(text: string): string {
    return createHmac("sha256", this.key).update(text).digest("base64url");
  }
}

/** In a time that does not depend on where they differ. */
export function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Source: RFC 6265bis, section 5.6. `Secure` cannot be set where the host is asked by plain HTTP, as on loopback. */
function cookie(value: string, maxAgeSeconds: number, isHttps: boolean): string {
  const secure = isHttps ? "; Secure" : "";
  return `${COOKIE}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
}
