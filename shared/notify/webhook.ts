import { requestOf } from "../callback/message.ts";
import type { HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
import type { Message, Notification } from "../notification/message.ts";
import type { Target } from "./target.ts";

const GONE = 410;

/** Signed as Standard Webhooks has it, with each secret in use; the same bytes at every repetition. */
export function webhookPost(
  { url = "", secrets = [] }: Target,
  { doc, id, nowMs }: { doc: Message; id: string; nowMs: number },
): Omit<HttpRequest, "timeoutMs"> {
  return requestOf({ url, secrets }, { id, body: bodyOf(doc), nowMs });
}

/** One shape for one and for several: a receiver reads the list. */
function bodyOf({ notifications, openedAtMs }: Message): string {
  const [first] = notifications;
  const isOne = first !== undefined && notifications.length === 1;
  return JSON.stringify({
    type: isOne ? `notification.${first.event}` : "notification.gathered",
    timestamp: new Date(isOne ? first.atMs : openedAtMs).toISOString(),
    data: { schema: "regild/v1", notifications: notifications.map(view) },
  });
}

function view({ id, event, recipe, run, image, atMs, title, lines }: Notification): object {
  return { id, event, recipe, run, image, at: new Date(atMs).toISOString(), title, lines };
}

/** Also a redirect is a refusal: the message goes to the configured address alone. */
export function webhookRefusal(answer: HttpResponse | HttpFailure) {
  if (answer.kind === "failure") return { reason: answer.reason, isForGood: false };
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  return { reason: `it answered ${status}`, isForGood: status === GONE };
}
