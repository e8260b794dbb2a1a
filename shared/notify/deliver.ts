import type { Actor } from "../protocol/actor.ts";
import { chatPost, chatRefusal } from "./chats.ts";
import type { NotifyDeps } from "./deps.ts";
import { type MailAnswer, subjectOf, textOf } from "./mail.ts";
import { type Message, publicId } from "../notification/message.ts";
import { saidOf } from "./said.ts";
import type { Target } from "./target.ts";
import { webhookPost, webhookRefusal } from "./webhook.ts";

export type Delivered = MailAnswer;

type Sending = Pick<NotifyDeps, "outgoing" | "mailer" | "targets" | "now">;

const TIMEOUT_MS = 15_000;

/** Sends a message to its target. @returns a refusal of null: it was taken. */
export async function deliver(
  on: Sending,
  { key, doc }: Pick<Actor<Message>, "key" | "doc">,
): Promise<Delivered> {
  const target = (await on.targets()).get(doc.target);
  const id = publicId(key);
  if (target === undefined) return refused(`regild.yml has no target ${doc.target}`);
  if (target.kind === "email") return mail(on, target, { doc, id });
  const isWebhook = target.kind === "webhook";
  const post = isWebhook
    ? webhookPost(target, { doc, id, nowMs: on.now() })
    : chatPost(target, saidOf(doc), id);
  if (post === null) return refused(`the target ${doc.target} has no address`);
  const answer = await on.outgoing.send(
    { method: "POST", timeoutMs: TIMEOUT_MS, ...post },
    { origins: [new URL(post.url).origin], allowPrivate: target.private_addresses ?? false },
  );
  const refusal = isWebhook ? webhookRefusal(answer) : chatRefusal(target.kind, answer);
  return { taken: [], refusal };
}

function mail(
  on: Sending,
  { from = "", to = [], smtp }: Target,
  { doc, id }: { doc: Message; id: string },
): Promise<Delivered> {
  const { title, lines } = saidOf(doc);
  const recipients = to.filter((address) => !doc.taken.includes(address));
  if (recipients.length === 0) return Promise.resolve({ taken: [], refusal: null });
  const host = from.slice(from.lastIndexOf("@") + 1);
  const subject = subjectOf(title);
  const text = textOf(title, lines);
  return on.mailer.send({ from, to, recipients, subject, text, id: `<${id}@${host}>` }, smtp);
}

function refused(reason: string): Delivered {
  return { taken: [], refusal: { reason, isForGood: false } };
}
