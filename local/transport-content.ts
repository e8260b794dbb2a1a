import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import type { HttpBody, HttpContent, HttpFailure, HttpRequest } from "../shared/ports.ts";

/** No byte to read for so long: the image service that gives the content is gone. */
const STALLED_MS = 5 * 60_000;
/** No byte taken for so long, or no answer to the last one: a store may have to finish its copy first. */
const STORED_MS = 15 * 60_000;

interface Wire {
  /** A connection of its own. Returns the reason if there is no way. */
  way: (url: string) => Dispatcher | HttpFailure;
  textOf: (body: AsyncIterable<Buffer>) => Promise<string>;
  headersOf: (headers: Record<string, string | string[] | undefined>) => Record<string, string>;
  failure: (error: unknown, request: HttpRequest) => HttpFailure;
}

/** An answer's body that nobody has read yet: undici takes no more from the connection than the reader takes. */
class OpenBody implements HttpBody {
  readonly readable: Readable;

  constructor(readable: Readable) {
    this.readable = readable;
    // Told to the reader, too; without a listener it would end the process.
    readable.on("error", () => {});
  }

  close(): void {
    this.readable.destroy();
  }
}

/** Content of any length: one chunk is in memory at a time. Follows no redirect and repeats nothing. */
export function contentOver({ way, textOf, headersOf, failure }: Wire): HttpContent {
  return {
    open: async (request) => {
      const dispatcher = way(request.url);
      if ("kind" in dispatcher) return dispatcher;
      try {
        const { url, headers, timeoutMs } = request;
        const answer = await dispatcher.request({
          ...placeOf(url),
          method: "GET",
          headers,
          headersTimeout: timeoutMs,
          bodyTimeout: STALLED_MS,
        });
        const told = headersOf(answer.headers);
        if (answer.statusCode === 200)
          return { kind: "opened", headers: told, body: new OpenBody(answer.body) };
        const text = await textOf(answer.body);
        return { kind: "response", status: answer.statusCode, headers: told, text };
      } catch (error) {
        return failure(error, request);
      }
    },
    put: async (request, body, watch) => {
      const { signal } = watch;
      try {
        if (!(body instanceof OpenBody))
          throw new TypeError("the content was opened by another transport");
        const dispatcher = way(request.url);
        if ("kind" in dispatcher) return dispatcher;
        const { url, headers } = request;
        const answer = await dispatcher.request({
          ...placeOf(url),
          method: "PUT",
          headers,
          body: Readable.from(counted(body.readable, watch)),
          signal,
          headersTimeout: STORED_MS,
        });
        const text = await textOf(answer.body);
        return {
          kind: "response",
          status: answer.statusCode,
          headers: headersOf(answer.headers),
          text,
        };
      } catch (error) {
        return signal.aborted ? BROKEN_OFF : failure(error, request);
      } finally {
        body.close();
      }
    },
  };
}

/** A URL as undici's dispatchers take it. @throws TypeError for what is no URL. */
export function placeOf(url: string): { origin: string; path: string } {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search };
}

const BROKEN_OFF: HttpFailure = {
  kind: "failure",
  sent: true,
  reason: "Regild broke the transfer off",
};

/** An image service that refuses does so at once, and closes the connection: whoever writes on loses the answer. */
const REFUSED_WITHIN_MS = 1000;

async function* counted(
  content: AsyncIterable<Uint8Array>,
  { sent, signal }: { sent: (bytes: number) => void; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of content) {
    yield chunk;
    const isFirst = bytes === 0;
    bytes += chunk.length;
    sent(bytes);
    if (isFirst) await sleep(REFUSED_WITHIN_MS, undefined, { signal });
  }
}
