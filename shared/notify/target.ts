import * as z from "zod/mini";
import { boolean, mapping, name, oneOf, rule, string, wholeNumber } from "../recipe/field.ts";
import { notificationEvents } from "../recipe/notifications.ts";
import { timezoneProblem } from "../recipe/timezone.ts";
import { chatSecret, nameProblem } from "../webhook/config-file.ts";
import { SECRETS, signingSecrets } from "../webhook/signing-secrets.ts";

export const KINDS = ["slack", "mattermost", "discord", "teams", "webhook", "email"] as const;
export type Kind = (typeof KINDS)[number];
export const TLS = ["starttls", "implicit", "none"] as const;

const EXAMPLE =
  'notifications: { ops: { kind: slack, url: "https://hooks.slack.com/services/…" } }';
const QUIET = 'quiet_hours: { from: "22:00", to: "06:00", timezone: Europe/Berlin }';

const https = string('url: "https://…"').check(
  rule((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url?.protocol !== "https:")
      return "is no https address. Copy all of what the receiver shows";
    return url.username === "" ? null : "holds a user. Take it out";
  }),
);

/**
 * One address, as an envelope and a header take it: nothing in it ends a line or begins a second address. Servers refuse a
 * dot at an end of a part or beside another dot (RFC 5321, section 4.1.2), and the domain is a host name.
 */
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const ADDRESS = new RegExp(
  `^(?=.{1,64}@.{1,253}$)${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})*$`,
);
const IP = z.union([z.ipv4(), z.ipv6()]);
const HOST = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*\\.?$`);
const address = string('"ops@example.com"').check(
  z.regex(ADDRESS, {
    error: 'is no mail address. Write "ops@example.com", without a name',
  }),
);

/** Null: a host name or an address of one. */
function hostProblem(host: string): string | null {
  if (HOST.test(host) || IP.safeParse(host).success) return null;
  const [, name = "", port = ""] = /^([^:]+):(\d{1,5})$/.exec(host) ?? [];
  if (HOST.test(name)) return `holds a port. Write host: ${name} and port: ${port}`;
  return "is no host name. Write host: mail.example.com";
}

const time = (field: string) =>
  string(`${field}: "22:00"`).check(
    z.regex(/^([01]\d|2[0-3]):[0-5]\d$/, {
      error: `is no time of day. Write ${field}: "22:00", in quotes`,
    }),
  );

const quietFields = {
  from: time("from"),
  to: time("to"),
  timezone: name("timezone: Europe/Berlin").check(rule(timezoneProblem)),
};
const quietHours = mapping(quietFields, QUIET).check(
  rule(({ from, to }) =>
    from === to ? `begins and ends at ${from}. Write ${QUIET}, or take it out` : null,
  ),
);
export type QuietHours = z.infer<typeof quietHours>;

const smtpFields = {
  host: name("host: mail.example.com").check(rule(hostProblem)),
  /** Left out: 587, with implicit TLS 465, without TLS 25. */
  port: z.exactOptional(wholeNumber({ from: 1, to: 65_535, example: "port: 587" })),
  /** Left out: starttls, without which nothing is sent. */
  tls: z.exactOptional(oneOf(TLS)),
  user: z.exactOptional(name("user: regild")),
  password: z.exactOptional(
    string("password: { env: SMTP_PASSWORD }").check(
      z.minLength(1, { error: "is empty. Write password: { env: SMTP_PASSWORD }" }),
    ),
  ),
};
const smtp = mapping(smtpFields, "smtp: { host: mail.example.com }").check((context) => {
  const { user, password, tls } = context.value;
  const report = (path: string, message: string): void => {
    context.issues.push({ code: "custom", message, input: context.value, path: [path] });
  };
  if (user !== undefined && password === undefined)
    report("password", "is missing. Write password: { env: SMTP_PASSWORD }");
  if (password !== undefined && user === undefined)
    report("user", "is missing. Write user: and the name that belongs to the password");
  if (password !== undefined && tls === "none")
    report(
      "tls",
      "is none: the password would cross the network in the clear. Write tls: starttls",
    );
});
export type Smtp = z.infer<typeof smtp>;

const CHANNEL = 'channel: "C0123456"';
const fields = {
  kind: oneOf(KINDS),
  /** Shown in no message, as it may hold a token: an incoming webhook, a build, or the Mattermost server of a bot. */
  url: z.exactOptional(https),
  bot_token: z.exactOptional(chatSecret),
  channel: z.exactOptional(
    name(CHANNEL).check(z.regex(/^[\w-]{1,80}$/, { error: `is no id. Write ${CHANNEL}` })),
  ),
  secrets: z.exactOptional(signingSecrets),
  from: z.exactOptional(address),
  to: z.exactOptional(
    z.array(address, { error: 'is not a list. Write to: ["ops@example.com"]' }).check(
      z.minLength(1, { error: 'is empty. Write to: ["ops@example.com"]' }),
      z.maxLength(50, { error: "holds over 50 addresses. Write the address of a mailing list" }),
      rule((list) => (new Set(list).size === list.length ? null : "holds an address twice")),
    ),
  ),
  smtp: z.exactOptional(smtp),
  events: z.exactOptional(notificationEvents),
  quiet_hours: z.exactOptional(quietHours),
  private_addresses: z.exactOptional(boolean()),
};
type Field = keyof typeof fields;

const COMMON: Field[] = ["kind", "events", "quiet_hours"];
const CHAT: Field[] = ["url", "bot_token", "channel"];
/** The fields of each kind beside the common ones. */
const OF: Record<Kind, Field[]> = {
  slack: CHAT,
  mattermost: [...CHAT, "private_addresses"],
  discord: CHAT,
  teams: ["url"],
  webhook: ["url", "secrets", "private_addresses"],
  email: ["from", "to", "smtp"],
};
const NEEDED: Partial<Record<Kind, Partial<Record<Field, string>>>> = {
  mattermost: { url: 'url: "https://chat.example.com/hooks/…", or the server beside bot_token' },
  teams: { url: "url: and the address that the workflow shows" },
  webhook: { url: 'url: "https://ops.example.com/regild"', secrets: SECRETS },
  email: { from: 'from: "regild@example.com"', to: 'to: ["ops@example.com"]' },
};

const target = mapping(fields, 'kind: slack and url: "https://…" below it').check((context) => {
  const { value } = context;
  const { kind, url, bot_token: token, channel } = value;
  const report = (path: string, message: string): void => {
    context.issues.push({ code: "custom", message, input: value, path: [path] });
  };
  for (const [key, example] of Object.entries(NEEDED[kind] ?? {})) {
    if (!Object.hasOwn(value, key)) report(key, `is missing. Write ${example}`);
  }
  for (const key of Object.keys(fields)) {
    const isFor = [...COMMON, ...OF[kind]].some((known) => known === key);
    if (!isFor && Object.hasOwn(value, key)) report(key, `is not for ${kind}. Take it out`);
  }
  if (!OF[kind].includes("bot_token")) return;
  if (token !== undefined && channel === undefined)
    report("channel", `is missing. Write ${CHANNEL}: bot_token posts there`);
  if (token === undefined && channel !== undefined)
    report("channel", "needs bot_token: the address of a webhook names its channel itself");
  if (kind === "mattermost") return;
  if (token === undefined && url === undefined)
    report("url", "is missing. Write the incoming webhook's address, or bot_token and channel");
  if (token !== undefined && url !== undefined)
    report("url", "is beside bot_token. Take one of the two out");
  const origins = WEBHOOK_ORIGINS[kind] ?? [];
  if (url !== undefined && !origins.includes(new URL(url).origin))
    report("url", `is of another host. A webhook of ${kind} begins with ${origins[0] ?? ""}/`);
});
export type Target = z.infer<typeof target>;

const WEBHOOK_ORIGINS: Partial<Record<Kind, string[]>> = {
  slack: ["https://hooks.slack.com", "https://hooks.slack-gov.com"],
  discord: ["https://discord.com", "https://discordapp.com"],
};

/** Who can be told, by name. No message shows a value, as one may be a secret. */
export const targets = z.record(z.string().check(rule(nameProblem("a target's name"))), target, {
  error: ({ input }) =>
    `${input === undefined ? "is missing" : "is not a mapping"}. Write ${EXAMPLE}`,
});

export const TARGET_KEYS = Object.keys(fields);
/** The keys of the mappings in a target. */
export const KEYS_IN_TARGET: Record<string, string[]> = {
  quiet_hours: Object.keys(quietFields),
  smtp: Object.keys(smtpFields),
};
/** Where a value may be `{ env: NAME }` or `{ file: PATH }`. */
export const SECRET_FIELDS = [["url"], ["bot_token"], ["smtp", "password"]] as const;
