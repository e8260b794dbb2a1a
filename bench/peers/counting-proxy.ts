import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod/mini";

/** Stands before every service of a cloud whose services are on 127.0.0.1, and counts what one client asks. */
export interface CountingProxy extends AsyncDisposable {
  /** The service's URL by way of the proxy. */
  urlOf(service: string): string;
  calls: Array<{ method: string; path: string }>;
  /** When the client was first shown each image as active, by image id. */
  knownAtMs: Map<string, number>;
}

const SERVICE = /http:\/\/127\.0\.0\.1:(\d+)(?!\d)/g;

const shownImage = z.looseObject({ id: z.string(), status: z.string() });
const shownImages = z.union([
  z.pipe(
    z.looseObject({ images: z.array(shownImage) }),
    z.transform(({ images }) => images),
  ),
  z.pipe(
    shownImage,
    z.transform((image) => [image]),
  ),
]);

/** Every URL in an answer leads to the proxy as well: clients follow the catalog, version documents and `Location`. */
export async function countingProxy(): Promise<CountingProxy> {
  const calls: CountingProxy["calls"] = [];
  const knownAtMs: CountingProxy["knownAtMs"] = new Map();
  let origin = "";
  const urlOf = (text: string) => text.replace(SERVICE, (_, port: string) => `${origin}/${port}`);

  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, port = "", path = "/"] = /^\/(\d+)(\/?.*)$/.exec(request.url ?? "") ?? [];
    const { method = "GET", headers } = request;
    calls.push({ method, path });
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: sentOn(headers),
      redirect: "manual",
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    });
    const text = urlOf(await answer.text());
    if (method === "GET" && /\/images(\/|\?|$)/.test(path)) note(text);
    const given = [...answer.headers].filter(([name]) => !HOP.includes(name));
    response.writeHead(answer.status, given.map(([name, value]) => [name, urlOf(value)]).flat());
    response.end(text);
  };
  const note = (text: string): void => {
    const images = shownImages.safeParse(parsed(text));
    for (const { id, status } of images.success ? images.data : [])
      if (status === "active" && !knownAtMs.has(id)) knownAtMs.set(id, Date.now());
  };

  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.int() }).parse(server.address());
  origin = `http://127.0.0.1:${port}`;
  return {
    urlOf,
    calls,
    knownAtMs,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
  };
}

const HOP = ["connection", "content-length", "transfer-encoding", "content-encoding", "keep-alive"];

function sentOn(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      [...HOP, "host", "accept-encoding", "expect"].includes(name) || typeof value !== "string"
        ? []
        : [[name, value]],
    ),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
