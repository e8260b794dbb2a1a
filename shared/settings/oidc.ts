import * as z from "zod/mini";
import { ROLES } from "../access/token.ts";
import { mapping, oneOf, rule, string } from "../recipe/field.ts";

const ISSUER = "issuer: https://id.example.org/realms/ops";
const PUBLIC_URL = "public_url: https://regild.example.org";
const GRANTS = "grants: [{ claim: groups, value: platform, role: admin }]";
const SCOPES = "scopes: [openid, profile, groups]";
export const OIDC_EXAMPLE = `${ISSUER}, client_id, ${PUBLIC_URL} and grants below it`;

const filled = (example: string) =>
  string(example).check(
    rule((text) => {
      if (text.trim() === "") return `is empty. Write ${example}`;
      return text === text.trim() ? null : "begins or ends with a blank. Take the blank away";
    }),
  );

/** Hosts that only this machine's own processes reach, where nobody can read plain HTTP on the way. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Null: it is https, or http on this very machine. */
function webAddressProblem(text: string, example: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    return `is no https address. Write ${example}`;
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
    return `is not https, and its host is another machine. Write ${example}`;
  }
  if (url.username !== "" || url.password !== "") return "holds a user. Take it out";
  return url.search === "" && url.hash === "" ? null : "holds a query or a fragment. Take it out";
}

const grantFields = {
  claim: filled("claim: groups"),
  value: filled("value: platform, in quotes if it is a number, true or false"),
  role: oneOf(ROLES),
  recipes: z.exactOptional(
    z
      .array(filled("recipes: [web]"), { error: () => "is not a list. Write recipes: [web]" })
      .check(z.minLength(1, { error: "is empty. Write recipes: [web], or leave it out for all" })),
  ),
};

const fields = {
  issuer: filled(ISSUER).check(
    rule((text) => {
      if (!text.includes("/.well-known/")) return webAddressProblem(text, ISSUER);
      return "is the address of a document. Write the part before /.well-known/";
    }),
  ),
  client_id: filled("client_id: regild"),
  client_secret: z.exactOptional(filled('client_secret: "…"')),
  client_secret_file: z.exactOptional(filled("client_secret_file: /etc/regild/oidc-secret")),
  client_secret_env: z.exactOptional(
    filled("client_secret_env: OIDC_CLIENT_SECRET").check(
      z.regex(/^[A-Za-z_]\w*$/, { error: "is not the name of a variable" }),
    ),
  ),
  public_url: filled(PUBLIC_URL).check(
    rule((text) => {
      const problem = webAddressProblem(text, PUBLIC_URL);
      if (problem !== null) return problem;
      return new URL(text).pathname === "/" ? null : `has a path. Write ${PUBLIC_URL}`;
    }),
  ),
  name: z.exactOptional(
    filled("name: Example SSO").check(z.maxLength(60, { error: "is too long" })),
  ),
  scopes: z.exactOptional(
    z
      .array(
        filled(SCOPES).check(
          // Source: RFC 6749, section 3.3.
          z.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { error: `is no scope. Write ${SCOPES}` }),
        ),
        { error: () => `is not a list. Write ${SCOPES}` },
      )
      .check(
        rule((scopes) => (scopes.includes("openid") ? null : `has no openid. Write ${SCOPES}`)),
      ),
  ),
  ask: z.exactOptional(filled("ask: Anna, ops@example.org")),
  cacert: z.exactOptional(filled("cacert: /path/ca.pem")),
  grants: z
    .array(mapping(grantFields, GRANTS), {
      error: ({ input }) =>
        `${input === undefined ? "is missing" : "is not a list"}. Write ${GRANTS}`,
    })
    .check(z.minLength(1, { error: `is empty, so nobody could sign in. Write ${GRANTS}` })),
};

const SECRETS = ["client_secret", "client_secret_file", "client_secret_env"] as const;

/** `oidc` of regild.yml: people sign in to the page at an OpenID provider. */
export const oidcSection = mapping(fields, OIDC_EXAMPLE).check((context) => {
  const given = SECRETS.filter((key) => context.value[key] !== undefined);
  for (const key of given.slice(1)) {
    const message = `is beside ${given[0] ?? ""}. Take one of the two out`;
    context.issues.push({ code: "custom", message, input: context.value, path: [key] });
  }
});

export type OidcSettings = z.infer<typeof oidcSection>;
/** Gives a role to everybody whose claim has the value. */
export type OidcGrant = OidcSettings["grants"][number];

export const OIDC_KEYS = Object.keys(fields);
export const OIDC_GRANT_KEYS = Object.keys(grantFields);
export const DEFAULT_SCOPES = ["openid", "profile", "email"] as const;
