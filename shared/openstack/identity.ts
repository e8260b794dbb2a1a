import * as z from "zod/mini";
import type { CloudConfig } from "./config.ts";

/** What Keystone granted. */
export interface Token {
  value: string;
  /** On our clock: its life is counted from the moment it arrived. */
  expiresAtMs: number;
  lifeMs: number;
  projectId: string;
  projectName: string;
  roles: string[];
  catalog: Catalog;
}

export type Catalog = z.infer<typeof catalogSchema>;

// Keystone v3 api-ref, "Password authentication with scoped authorization"; seen on Zed.
const catalogSchema = z.array(
  z.object({
    type: z.string(),
    endpoints: z.array(
      z.object({
        interface: z.string(),
        // `region` alone on old Keystones, `region_id` on new ones; null where an endpoint has no region.
        region: z.nullish(z.string()),
        region_id: z.nullish(z.string()),
        url: z.string(),
      }),
    ),
  }),
);

const answerSchema = z.object({
  token: z.object({
    expires_at: z.iso.datetime(),
    issued_at: z.iso.datetime(),
    project: z.object({ id: z.string(), name: z.string() }),
    roles: z._default(z.array(z.object({ name: z.string() })), []),
    catalog: z._default(catalogSchema, []),
  }),
});

/** The body of `POST /v3/auth/tokens`. An application credential names no scope: Keystone refuses one (401). */
export function signInBody(auth: CloudConfig["auth"]): unknown {
  if (auth.kind === "password") {
    const user = { ...auth.user, password: auth.password };
    return {
      auth: {
        identity: { methods: ["password"], password: { user } },
        scope: { project: auth.project },
      },
    };
  }
  const credential = { ...auth.credential, secret: auth.secret };
  return {
    auth: {
      identity: { methods: ["application_credential"], application_credential: credential },
    },
  };
}

/** @throws ZodError, SyntaxError: no answer of a Keystone v3, or no project in it. */
export function readToken(value: string, body: string, nowMs: number): Token {
  const { token } = answerSchema.parse(JSON.parse(body));
  const lifeMs = Date.parse(token.expires_at) - Date.parse(token.issued_at);
  return {
    value,
    expiresAtMs: nowMs + lifeMs,
    lifeMs,
    projectId: token.project.id,
    projectName: token.project.name,
    roles: token.roles.map((role) => role.name),
    catalog: token.catalog,
  };
}

/** What must appear in no message. */
export function secretOf(auth: CloudConfig["auth"]): string {
  return auth.kind === "password" ? auth.password : auth.secret;
}
