import { once } from "node:events";
import { createServer } from "node:http";
import * as z from "zod/mini";
import { eventSchema } from "../../shared/events/event.ts";

export const entrySchema = z.pipe(
  z.strictObject({
    EventBusName: z.string(),
    Source: z.literal("regild"),
    DetailType: z.string(),
    Detail: z.string(),
    Time: z.number(),
  }),
  z.transform(({ EventBusName, DetailType, Detail, Time }) => ({
    bus: EventBusName,
    time: Time,
    event: eventSchema.parse({ type: DetailType, detail: JSON.parse(Detail) }),
  })),
);
export type Entry = z.infer<typeof entrySchema>;

/** As EventBridge counts: up to ten entries. */
const inputSchema = z.strictObject({
  Entries: z.array(entrySchema).check(z.minLength(1), z.maxLength(10)),
});

type Answer = { status: number; body: string };
/** Of a request; null: all is taken. */
export type Mood = (entries: Entry[]) => Answer | null;

/** Refuses the entries of these ids, one by one, as the bus does. */
export const refusing =
  (code: string, ids: readonly string[]): Mood =>
  (entries) => {
    const results = entries.map(({ event }) =>
      ids.includes(event.detail.id) ? { ErrorCode: code, ErrorMessage: "no" } : { EventId: "e" },
    );
    const failed = results.filter((result) => "ErrorCode" in result).length;
    return { status: 200, body: JSON.stringify({ FailedEntryCount: failed, Entries: results }) };
  };

/** EventBridge, as far as it is asked. What is no call of `PutEvents` by its documentation, it refuses. */
export async function openEventBridge() {
  const requests: Entry[][] = [];
  const moods: Mood[] = [];
  const server = createServer((request, answer) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => (body += part));
    request.on("end", () => {
      const { "x-amz-target": target, "content-type": type, authorization } = request.headers;
      const isPut =
        target === "AWSEvents.PutEvents" &&
        type === "application/x-amz-json-1.1" &&
        authorization?.includes("/eu-west-1/events/aws4_request") === true;
      const read = inputSchema.safeParse(JSON.parse(body));
      if (!isPut || !read.success) {
        answer.writeHead(400).end(JSON.stringify({ __type: "ValidationException" }));
        return;
      }
      const { Entries: entries } = read.data;
      requests.push(entries);
      const taken = refusing("", [])(entries);
      const { status, body: text } = moods.shift()?.(entries) ?? taken ?? { status: 500, body: "" };
      answer.writeHead(status).end(text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    /** The entries of each request that it understood. */
    requests,
    /** Of the next requests, one each. */
    moods,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
