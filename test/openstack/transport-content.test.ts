import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { openTransport } from "../../local/transport.ts";
import type { Http, HttpBody, HttpContent, HttpRequest } from "../../shared/ports.ts";

const MIB = 1024 * 1024;

function contentOf({ content }: Http): HttpContent {
  if (content === undefined) throw new Error("this transport carries no content");
  return content;
}

const content = contentOf(
  openTransport({
    tls: { ca: null, cert: null, key: null, verify: true },
    proxies: { always: null, http: null, https: null, all: null, noProxy: null },
  }),
);

const closing: Array<() => void> = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serving(
  handle: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> | void,
): Promise<string> {
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}/`;
}

function get(url: string): HttpRequest {
  return { method: "GET", url, headers: {}, timeoutMs: 5_000 };
}

function putOf(url: string, bytes: number): HttpRequest {
  return { ...get(url), method: "PUT", headers: { "content-length": String(bytes) } };
}

async function opened(url: string): Promise<HttpBody> {
  const answer = await content.open(get(url));
  if (answer.kind !== "opened") throw new Error(JSON.stringify(answer));
  return answer.body;
}

interface Source {
  url: string;
  produced: number;
  isCutOff: boolean;
  hash: string;
}

/** Writes no faster than it is read. @param breaksAt closes the connection after so many bytes. */
async function sourceOf(bytes: number, breaksAt = bytes): Promise<Source> {
  const source: Source = { url: "", produced: 0, isCutOff: false, hash: "" };
  source.url = await serving(async (_incoming, outgoing) => {
    const hash = createHash("sha256");
    let goOn = () => {};
    outgoing.on("drain", () => goOn());
    outgoing.on("close", () => {
      source.isCutOff = source.produced < bytes;
      goOn();
    });
    outgoing.writeHead(200, { "content-length": bytes });
    while (source.produced < breaksAt && !outgoing.destroyed) {
      const chunk = Buffer.alloc(MIB / 4, source.produced % 251);
      source.produced += chunk.length;
      hash.update(chunk);
      if (!outgoing.write(chunk)) await new Promise<void>((resolve) => (goOn = resolve));
    }
    source.hash = hash.digest("hex");
    if (breaksAt < bytes) outgoing.destroy();
    else outgoing.end();
  });
  return source;
}

const unwatched = () => ({ sent: () => {}, signal: new AbortController().signal });

describe("content", () => {
  it("goes through in pieces: a slow reader slows the source down, and nothing piles up in between", async () => {
    const bytes = 256 * MIB;
    const source = await sourceOf(bytes);
    const hash = createHash("sha256");
    let read = 0;
    let mostBetween = 0;
    let type = "";
    const url = await serving(async (incoming, outgoing) => {
      type = `${incoming.method} ${incoming.headers["content-length"]} ${incoming.headers["transfer-encoding"]}`;
      for await (const chunk of incoming) {
        if (!(chunk instanceof Buffer)) continue;
        // For half a second, nobody reads: whoever read ahead would now hold all of it.
        if (read < 32 * MIB && read + chunk.length >= 32 * MIB) await sleep(500);
        mostBetween = Math.max(mostBetween, source.produced - read);
        read += chunk.length;
        hash.update(chunk);
      }
      outgoing.writeHead(204).end();
    });
    const progress: number[] = [];
    const { signal } = new AbortController();
    const sent = (so: number) => void progress.push(so);
    const answer = await content.put(putOf(url, bytes), await opened(source.url), { sent, signal });
    expect(answer).toMatchObject({ kind: "response", status: 204 });
    expect(type).toBe(`PUT ${bytes} undefined`);
    expect(hash.digest("hex")).toBe(source.hash);
    expect(progress.at(-1)).toBe(bytes);
    // What the kernel keeps of four sockets is in it, too.
    expect(mostBetween).toBeLessThan(48 * MIB);
  });

  it("that a sender cuts off is cut off at both ends, with the reason", async () => {
    const source = await sourceOf(64 * MIB);
    const stop = new AbortController();
    let isBroken = false;
    const url = await serving((incoming) => {
      incoming.on("error", () => {});
      incoming.on("close", () => {
        isBroken = !incoming.complete;
      });
      incoming.on("data", () => stop.abort());
    });
    const body = await opened(source.url);
    expect(
      await content.put(putOf(url, 64 * MIB), body, { sent: () => {}, signal: stop.signal }),
    ).toEqual({
      kind: "failure",
      sent: true,
      reason: "Regild broke the transfer off",
    });
    await expect.poll(() => [isBroken, source.isCutOff]).toEqual([true, true]);
  });

  it("that ends too early is never a whole one for the receiver", async () => {
    const source = await sourceOf(64 * MIB, 8 * MIB);
    let isComplete: boolean | null = null;
    const url = await serving((incoming) => {
      incoming.on("error", () => {});
      incoming.on("close", () => {
        isComplete = incoming.complete;
      });
      incoming.resume();
    });
    const answer = await content.put(putOf(url, 64 * MIB), await opened(source.url), unwatched());
    expect(answer).toMatchObject({ kind: "failure", sent: true });
    await expect.poll(() => isComplete).toBe(false);
  });

  it("that is refused at once is read no further, and the refusal is told", async () => {
    const source = await sourceOf(64 * MIB);
    const url = await serving((incoming, outgoing) => {
      incoming.on("error", () => {});
      outgoing.writeHead(409).end("saving to saving is not allowed");
    });
    const answer = await content.put(putOf(url, 64 * MIB), await opened(source.url), unwatched());
    expect(answer).toMatchObject({
      kind: "response",
      status: 409,
      text: "saving to saving is not allowed",
    });
    await expect.poll(() => source.isCutOff).toBe(true);
  });

  it("is not asked for elsewhere: a redirect is an answer", async () => {
    let asked = 0;
    const elsewhere = await serving((_incoming, outgoing) => {
      asked += 1;
      outgoing.end();
    });
    const url = await serving((_incoming, outgoing) => {
      outgoing.writeHead(302, { location: elsewhere }).end("elsewhere");
    });
    expect(await content.open(get(url))).toMatchObject({
      kind: "response",
      status: 302,
      text: "elsewhere",
    });
    expect(asked).toBe(0);
  });

  it("that nobody gives is a failure that was not sent", async () => {
    expect(await content.open(get("http://127.0.0.1:9/"))).toMatchObject({
      kind: "failure",
      sent: false,
    });
  });
});
