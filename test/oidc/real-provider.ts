import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer as createPlain, type Server } from "node:http";
import { createServer as createSecure, type ServerOptions } from "node:https";
import Provider from "oidc-provider";

export const CLIENT_ID = "regild";
/** With characters that HTTP Basic has to encode. */
export const CLIENT_SECRET = "s3cret+/%:=";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const { privateKey: strangersKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** What the provider knows of each person who signs in, by the name that they type. */
const GROUPS: Record<string, string[]> = {
  anna: ["platform"],
  ben: ["web-team"],
  carl: ["web-team", "readers"],
  eve: [],
};

export type IdTokenClaims = Record<string, unknown>;

export interface ProviderOptions {
  redirectUri: string;
  /** Changes the claims of ID tokens, which are signed again. */
  claims?: (claims: IdTokenClaims) => IdTokenClaims;
  signedBy?: "itself" | "a stranger" | "nobody";
  /** The userinfo endpoint answers for another person. */
  otherUser?: boolean;
  /** The token endpoint answers when this is over. */
  held?: Promise<void>;
  /** Absent: plain HTTP. */
  tls?: ServerOptions;
  client?: object;
}

/** A real OpenID provider, in this process: oidc-provider, certified by the OpenID Foundation. */
export async function openProvider(options: ProviderOptions) {
  const server: Server = options.tls === undefined ? createPlain() : createSecure(options.tls);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("not listening");
  const scheme = options.tls === undefined ? "http" : "https";
  const issuer = `${scheme}://localhost:${address.port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [options.redirectUri],
        ...options.client,
      },
    ],
    claims: {
      openid: ["sub"],
      profile: ["preferred_username"],
      groups: ["groups"],
    },
    cookies: { keys: ["cookies of the test"] },
    jwks: {
      keys: [{ ...privateKey.export({ format: "jwk" }), kid: "own", use: "sig", alg: "RS256" }],
    },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: id, groups: GROUPS[id] ?? [] }),
    }),
  });
  const asked: string[] = [];
  provider.use(async (context, next) => {
    asked.push(context.path);
    if (context.path === "/token") await options.held;
    await next();
    const { body } = context;
    if (typeof body !== "object" || body === null) return;
    if (context.path === "/token" && "id_token" in body) {
      context.body = { ...body, id_token: changed(String(body.id_token), options) };
    }
    if (context.path === "/me" && options.otherUser === true) {
      context.body = { ...body, sub: "mallory" };
    }
  });
  server.on("request", provider.callback());
  return {
    issuer,
    options,
    /** Paths that were asked for. */
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
export type OpenedProvider = Awaited<ReturnType<typeof openProvider>>;

function changed(token: string, { claims = (same) => same, signedBy = "itself" }: ProviderOptions) {
  const [header = "", payload = ""] = token.split(".");
  const given: IdTokenClaims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const told = claims(given);
  if (signedBy === "nobody") return `${encoded({ alg: "none" })}.${encoded(told)}.`;
  const key: KeyObject = signedBy === "itself" ? privateKey : strangersKey;
  const text = `${header}.${encoded(told)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
