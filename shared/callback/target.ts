import { createPrivateKey } from "node:crypto";
import * as z from "zod/mini";
import { boolean, mapping, oneOf, rule, string } from "../recipe/field.ts";
import { nameProblem } from "../webhook/config-file.ts";
import { SECRETS, signingSecrets } from "../webhook/signing-secrets.ts";

const EXAMPLE = 'callbacks: { ci: { url: "https://ci.example.com/regild", secrets: ["whsec_…"] } }';
export const TARGET_TYPES = ["webhook", "github", "gitlab", "github_app"] as const;

/** GitLab takes 255 for the target of a status, with the run's id. */
const LONGEST_URL = 200;
const https = (example: string) =>
  string(example).check(
    rule((text) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      if (url?.protocol !== "https:") return `is no https address. Write ${example}`;
      if (text.length > LONGEST_URL) return `is over ${LONGEST_URL} characters long`;
      return url.username === "" ? null : "holds a user. Take it out";
    }),
  );

const PRIVATE_KEY = "private_key: |, with the lines of the file below it";
const REPOSITORIES = 'repositories: ["example/*"]';
const listed = (example: string) => ({
  error: () => `is not a list. Write ${example}`,
});
const filled = (example: string) => z.minLength(1, { error: `is empty. Write ${example}` });

const fields = {
  /** Left out: webhook. */
  type: z.exactOptional(oneOf(TARGET_TYPES)),
  /** Shown in no message, as it may hold a token. Of a Git host: its API, if it is not the public one. */
  url: z.exactOptional(https('url: "https://ci.example.com/regild"')),
  secrets: z.exactOptional(signingSecrets),
  private_addresses: z.exactOptional(boolean()),
  /** May write commit statuses. */
  token: z.exactOptional(
    string("token: in quotes, the one that the Git host shows").check(
      z.regex(/^[\x21-\x7e]{10,}$/, { error: "is no token. Copy all of what the Git host shows" }),
    ),
  ),
  /** Of a GitHub App, which writes checks. */
  app_id: z.exactOptional(
    string('app_id: "12345", in quotes').check(
      z.regex(/^\w{1,40}$/, { error: "is no id of a GitHub App. Copy its App ID or Client ID" }),
    ),
  ),
  private_key: z.exactOptional(string(PRIVATE_KEY).check(rule(privateKeyProblem))),
  /** Where statuses may be written. The sender of a webhook chooses the repository, so it is bounded here. */
  repositories: z.exactOptional(
    z
      .array(
        string(REPOSITORIES).check(
          z.regex(/^[\w./*-]+\/[\w./*-]+$/, { error: `is no repository. Write ${REPOSITORIES}` }),
        ),
        listed(REPOSITORIES),
      )
      .check(filled(REPOSITORIES)),
  ),
  /** Where the status leads to. `${{ run }}` stands for the run's id. */
  target_url: z.exactOptional(https('target_url: "https://regild.example.com/runs/${{ run }}"')),
};

/** GitHub makes RSA keys. No message quotes one. */
function privateKeyProblem(pem: string): string | null {
  try {
    if (createPrivateKey(pem).asymmetricKeyType === "rsa") return null;
  } catch {
    // The same words: what is wrong with it is in no error of the library.
  }
  return `is no private key of a GitHub App. Copy the whole .pem file: ${PRIVATE_KEY}`;
}

const WEBHOOK_FIELDS = ["url", "secrets"] as const;
const GIT_HOST_FIELDS = ["token", "repositories"] as const;
const APP_FIELDS = ["app_id", "private_key", "repositories"] as const;
const NEEDED = { url: 'url: "https://ci.example.com/regild"', secrets: SECRETS } as const;
const NEEDED_OF_GIT_HOST = { token: 'token: "…"', repositories: REPOSITORIES } as const;
const NEEDED_OF_APP = {
  app_id: 'app_id: "12345"',
  private_key: PRIVATE_KEY,
  repositories: REPOSITORIES,
} as const;

const target = mapping(fields, "url: and secrets: below it").check((context) => {
  const { value } = context;
  const report = (path: string, message: string): void => {
    context.issues.push({ code: "custom", message, input: value, path: [path] });
  };
  const needed = neededOf(value);
  for (const [key, example] of Object.entries(needed)) {
    if (!Object.hasOwn(value, key)) report(key, `is missing. Write ${example}`);
  }
  for (const key of foreignTo(value)) {
    if (value[key] !== undefined)
      report(key, `is not for ${value.type ?? "a webhook"}. Take it out, or write another type`);
  }
});

function neededOf(is: CallbackTarget): Readonly<Record<string, string>> {
  if (isGitHubApp(is)) return NEEDED_OF_APP;
  return isGitHost(is) ? NEEDED_OF_GIT_HOST : NEEDED;
}

function foreignTo(is: CallbackTarget): ReadonlyArray<keyof CallbackTarget> {
  if (isGitHubApp(is)) return ["secrets", "token"];
  if (isGitHost(is)) return ["secrets", "app_id", "private_key"];
  return [...GIT_HOST_FIELDS, "app_id", "private_key", "target_url"];
}

export type CallbackTarget = z.infer<typeof target>;
/** A build that takes signed webhooks. */
export type WebhookTarget = CallbackTarget &
  Required<Pick<CallbackTarget, (typeof WEBHOOK_FIELDS)[number]>>;
/** A Git host that shows statuses at commits. */
export type GitHost = CallbackTarget & { type: "github" | "gitlab" } & Required<
    Pick<CallbackTarget, (typeof GIT_HOST_FIELDS)[number]>
  >;

/** A GitHub App that writes checks at commits. */
export type GitHubApp = CallbackTarget & { type: "github_app" } & Required<
    Pick<CallbackTarget, (typeof APP_FIELDS)[number]>
  >;

export function isGitHubApp(is: CallbackTarget): is is GitHubApp {
  return is.type === "github_app";
}

/** True for what shows runs at commits. */
export function isAtCommits(is: CallbackTarget): boolean {
  return isGitHost(is) || isGitHubApp(is);
}

export function isGitHost(is: CallbackTarget): is is GitHost {
  return is.type === "github" || is.type === "gitlab";
}

export function isWebhook(is: CallbackTarget): is is WebhookTarget {
  return !isAtCommits(is);
}

/** Where the outcome of runs is reported, by name. No message shows a value, as one may be a secret. */
export const callbacks = z.record(
  z.string().check(rule(nameProblem("a callback's name"))),
  target,
  {
    error: ({ input }) =>
      `${input === undefined ? "is missing" : "is not a mapping"}. Write ${EXAMPLE}`,
  },
);

export const CALLBACK_KEYS = Object.keys(fields);
