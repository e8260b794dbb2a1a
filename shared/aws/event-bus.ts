import * as z from "zod/mini";
import type { RegildEvent } from "../events/event.ts";
import type { Bus, NotTaken } from "../events/publish.ts";
import type { AwsClient } from "./client.ts";
import { isThrottled } from "./error.ts";

const SOURCE = "regild";
const MAX_TRIES = 5;

/** Codes of single entries (EventBridge API reference, PutEventsResultEntry): these two pass, */
const PASSES = /^(InternalFailure|ThrottlingException)$/;
/** and these are about what the entry says. All others are about permissions, which somebody can fix. */
const REFUSES_FOR_GOOD = /^(InvalidArgument|MalformedDetail)$/;

const entrySchema = z.object({
  ErrorCode: z.optional(z.string()),
  ErrorMessage: z.optional(z.string()),
});

/** An event bus of EventBridge. It delivers at least once, and in no promised order. */
export class EventBus implements Bus {
  /** Per request; its 256 KB (1 MB since 2026) are far more than ten of ours take. Source: API reference, PutEvents. */
  readonly maxEvents = 10;
  private readonly client: AwsClient;
  private readonly name: string;

  constructor(client: AwsClient, name: string) {
    this.client = client;
    this.name = name;
  }

  /** Entries are taken or refused one by one, and only those refused are sent again. */
  async put(events: readonly RegildEvent[]): Promise<Array<NotTaken | null>> {
    const answers: Array<NotTaken | null> = events.map(() => null);
    let rest = events.map((event, at) => ({ at, entry: this.entryOf(event) }));
    for (let tries = 1; ; tries++) {
      const answered = await this.send(rest.map(({ entry }) => entry));
      for (const [nth, { at }] of rest.entries()) answers[at] = answered[nth] ?? null;
      rest = rest.filter(({ at }) => PASSES.test(answers[at]?.code ?? ""));
      if (rest.length === 0 || tries === MAX_TRIES) return answers;
      const throttled = rest.some(({ at }) => isThrottled(answers[at]?.code ?? ""));
      await this.client.backOff(tries, throttled);
    }
  }

  private async send(entries: readonly object[]): Promise<Array<NotTaken | null>> {
    const answer = z.object({ Entries: z.array(entrySchema).check(z.length(entries.length)) });
    const input = { Entries: entries };
    const { Entries } = await this.client.call("PutEvents", this.name, input, answer);
    return Entries.map(({ ErrorCode: code, ErrorMessage: message = "" }) =>
      code === undefined ? null : { code, message, forGood: REFUSES_FOR_GOOD.test(code) },
    );
  }

  private entryOf({ type, detail }: RegildEvent): object {
    return {
      EventBusName: this.name,
      Source: SOURCE,
      DetailType: type,
      Detail: JSON.stringify(detail),
      Time: Date.parse(detail.at) / 1000,
    };
  }
}
