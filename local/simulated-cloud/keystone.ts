import * as z from "zod/mini";
import { Refusal, type Answer } from "./answers.ts";
import type { Call, Operation } from "./call.ts";
import { catalogOf } from "./catalog.ts";
import type { Caller, Token } from "./identity-store.ts";
import { isoMicrosZone } from "./times.ts";
import type { World } from "./world.ts";

const UNAUTHORIZED = "The request you have made requires authentication.";

const named = z.object({ id: z.optional(z.string()), name: z.optional(z.string()) });
const passwordLogin = z.object({
  identity: z.object({
    methods: z.tuple([z.literal("password")]),
    password: z.object({ user: z.extend(named, { password: z.string() }) }),
  }),
  scope: z.optional(z.object({ project: named })),
});
const credentialLogin = z.object({
  identity: z.object({
    methods: z.tuple([z.literal("application_credential")]),
    application_credential: z.object({ id: z.string(), secret: z.string() }),
  }),
  scope: z.optional(z.unknown()),
});
const login = z.object({ auth: z.union([passwordLogin, credentialLogin]) });

/** POST /v3/auth/tokens: the token is in the header, all else in the body. */
function authenticate(call: Call): Answer {
  const parsed = login.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "'identity' is a required property");
  const { auth } = parsed.data;
  const { world } = call;
  const byPassword = passwordLogin.safeParse(auth);
  const caller = byPassword.success
    ? callerByPassword(world, byPassword.data)
    : callerByCredential(world, credentialLogin.parse(auth));
  const method = byPassword.success ? "password" : "application_credential";
  const token = world.identity.issue(caller, method, world.nowMs, world.settings.tokenSeconds);
  return {
    status: 201,
    headers: { "x-subject-token": token.id },
    body: { token: tokenBody(world, token) },
  };
}

/** A wrong password, an unknown project and a missing role look all the same. */
function callerByPassword(
  world: World,
  { identity, scope }: z.infer<typeof passwordLogin>,
): Caller {
  const { user, project } = { user: identity.password.user, project: scope?.project };
  const caller = world.identity.callers.find(
    (known) =>
      (known.user.id === user.id || known.user.name === user.name) &&
      known.user.password === user.password &&
      (project === undefined ||
        known.project.id === project.id ||
        known.project.name === project.name),
  );
  if (caller === undefined) throw unauthorized(world, UNAUTHORIZED);
  return caller;
}

function callerByCredential(
  world: World,
  { identity, scope }: z.infer<typeof credentialLogin>,
): Caller {
  const { id, secret } = identity.application_credential;
  if (scope !== undefined) {
    const reason = "Application credentials cannot request a scope.";
    throw unauthorized(world, `Error authenticating with application credential: ${reason}`);
  }
  const caller = world.identity.callers.find((known) => known.user.applicationCredential.id === id);
  if (caller === undefined) {
    throw new Refusal(404, `Could not find Application Credential: ${id}.`);
  }
  if (caller.user.applicationCredential.secret !== secret) throw unauthorized(world, UNAUTHORIZED);
  return caller;
}

function unauthorized(world: World, message: string): Refusal {
  const challenge = `Keystone uri="${world.baseUrl}/identity/v3"`;
  return new Refusal(401, message, { "www-authenticate": challenge });
}

function tokenBody(world: World, token: Token): Record<string, unknown> {
  const { user, project } = token.caller;
  const domain = { id: "default", name: "Default" };
  return {
    methods: [token.method],
    user: { domain, id: user.id, name: user.name, password_expires_at: null },
    audit_ids: [token.id.slice(-22)],
    ...tokenTimes(world, token),
    project: { domain, id: project.id, name: project.name },
    is_domain: false,
    roles: world.settings.roles.map((name) => ({ id: `role-${name}`, name })),
    catalog: catalogOf(world, project.id),
    ...(token.method === "application_credential"
      ? { application_credential: credentialIn(world, user.applicationCredential.id) }
      : {}),
  };
}

/** Keystone shows access rules only if there are some. */
function credentialIn({ settings }: World, id: string): Record<string, unknown> {
  const { accessRules } = settings;
  return {
    id,
    restricted: true,
    ...(accessRules === null ? {} : { access_rules: accessRules }),
  };
}

function tokenTimes({ settings }: World, token: Token): Record<string, string> {
  const expires = isoMicrosZone(token.expiresAtMs);
  if (!settings.oddSignIns) {
    return { expires_at: expires, issued_at: isoMicrosZone(token.issuedAtMs) };
  }
  const plain = expires.replace(/\.\d+Z$/u, "+00:00");
  return { expires_at: plain, issued_at: "1970-01-01T00:00:00Z" };
}

/** GET, HEAD, DELETE /v3/auth/tokens speak of the token in `X-Subject-Token`. */
function subjectToken(call: Call): Token {
  const token = call.world.identity.tokens.get(call.headers["x-subject-token"] ?? "");
  if (token === undefined || token.expiresAtMs <= call.world.nowMs) {
    throw new Refusal(404, "Failed to validate token");
  }
  return token;
}

function showToken(call: Call): Answer {
  const token = subjectToken(call);
  const headers = { "x-subject-token": token.id };
  if (call.method === "HEAD") return { status: 200, headers };
  return { status: 200, headers, body: { token: tokenBody(call.world, token) } };
}

function revokeToken(call: Call): Answer {
  call.world.identity.tokens.delete(subjectToken(call).id);
  return { status: 204 };
}

function showCatalog(call: Call): Answer {
  const projectId = call.token?.caller.project.id ?? "";
  return { status: 200, body: { catalog: catalogOf(call.world, projectId) } };
}

function version(world: World): Record<string, unknown> {
  return {
    id: "v3.14",
    status: "stable",
    updated: "2020-04-07T00:00:00Z",
    links: [{ rel: "self", href: `${world.baseUrl}/identity/v3/` }],
  };
}

const versions = ({ world }: Call): Answer => ({
  status: 300,
  headers: { location: `${world.baseUrl}/identity/v3/` },
  body: { versions: { values: [version(world)] } },
});

const showVersion = ({ world }: Call): Answer => ({
  status: 200,
  body: { version: version(world) },
});

const tokens = "/v3/auth/tokens";

export const keystoneOperations: readonly Operation[] = [
  { method: "GET", path: "/", name: "identity.versions", run: versions, open: true },
  { method: "GET", path: "/v3", name: "identity.version", run: showVersion, open: true },
  { method: "POST", path: tokens, name: "identity.authenticate", run: authenticate, open: true },
  { method: "GET", path: tokens, name: "identity.showToken", run: showToken },
  { method: "HEAD", path: tokens, name: "identity.showToken", run: showToken },
  { method: "DELETE", path: tokens, name: "identity.revokeToken", run: revokeToken },
  { method: "GET", path: "/v3/auth/catalog", name: "identity.catalog", run: showCatalog },
];
