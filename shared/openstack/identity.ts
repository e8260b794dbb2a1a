import * as z from "zod/mini";
import type { ApplicationCredentialAuth, PasswordAuth } from "./config.ts";
import { readCatalog, type Catalog } from "./token-catalog.ts";
import { tokenLifeMs } from "./token-life.ts";

/** One call that an application credential allows. Source: Keystone api-ref, "Access Rules" (since Train). */
const accessRuleSchema = z.object({ service: z.string(), method: z.string(), path: z.string() });
export type AccessRule = z.infer<typeof accessRuleSchema>;

/** What Keystone granted. */
export interface Token {
  /** Null: every request is signed with the access key instead. */
  value: string | null;
  /** On our clock: its life is counted from the moment it arrived. */
  expiresAtMs: number;
  /** Null: the cloud does not say, or says something impossible. */
  lifeMs: number | null;
  projectId: string;
  projectName: string;
  roles: string[];
  catalog: Catalog;
  /** Entries of the catalog that cannot be used, each with its reason. */
  unusableEntries: string[];
  /** Of the application credential; null: it has none, or it is a password or an access key. */
  accessRules: AccessRule[] | null;
}

/** `token`: it may be used. `no-project`: Keystone granted one that cannot be used. `none`: this is no Keystone v3. */
export type TokenAnswer =
  | { kind: "token"; token: Token }
  | { kind: "no-project"; problem: string }
  | { kind: "none"; problem: string };

/** Keystone's default (`[token] expiration`), where the answer does not say. */
const ASSUMED_LIFE_MS = 3_600_000;

/** Zod's own `catch` does the same, and adds 10 kB to every bundle. */
function orElse<T>(schema: z.ZodMiniType<T>, otherwise: T) {
  return z.pipe(
    z.optional(z.unknown()),
    z.transform((value): T => {
      const read = schema.safeParse(value);
      return read.success ? read.data : otherwise;
    }),
  );
}

// Keystone v3 api-ref, "Password authentication with scoped authorization"; seen on Zed. The rest plays no part.
const tokenSchema = z.object({
  expires_at: z.optional(z.unknown()),
  issued_at: z.optional(z.unknown()),
  project: orElse(z.nullish(z.object({ id: z.string(), name: z.nullish(z.string()) })), null),
  roles: orElse(z.array(z.object({ name: z.string() })), []),
  catalog: z.optional(z.unknown()),
  // Keystone shows the rules only if there are some (keystone/common/render_token.py).
  application_credential: orElse(
    z.nullish(z.object({ access_rules: z.nullish(z.array(accessRuleSchema)) })),
    null,
  ),
});
const answerSchema = z.object({ token: tokenSchema });

/** The body of `POST /v3/auth/tokens`. An application credential names no scope: Keystone refuses one (401). */
export function signInBody(auth: PasswordAuth | ApplicationCredentialAuth): unknown {
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

/** @param answer of the sign-in: a 201. Fields that are not needed may hold anything. */
export function readToken(
  value: string,
  answer: { text: string; headers: Record<string, string> },
  nowMs: number,
): TokenAnswer {
  const body = parsed(answer.text);
  if (body === undefined) return { kind: "none", problem: "its body is no JSON" };
  const read = answerSchema.safeParse(body);
  if (!read.success) return { kind: "none", problem: "token is missing in its body" };
  const { token } = read.data;
  if (token.project == null) {
    const problem = "token.project is missing, so the token is for no project";
    return { kind: "no-project", problem };
  }
  const lifeMs = tokenLifeMs(token, answer.headers["date"], nowMs);
  const { catalog, unusable } = readCatalog(token.catalog);
  return {
    kind: "token",
    token: {
      value,
      expiresAtMs: nowMs + (lifeMs ?? ASSUMED_LIFE_MS),
      lifeMs,
      projectId: token.project.id,
      projectName: token.project.name ?? token.project.id,
      roles: token.roles.map((role) => role.name),
      catalog,
      unusableEntries: unusable,
      accessRules: token.application_credential?.access_rules ?? null,
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
