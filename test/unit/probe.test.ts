import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { probeAt, probeByNetwork } from "../../shared/lambda/probe.ts";

const open: Server[] = [];
afterEach(() => open.splice(0).forEach((server) => server.close()));

async function portOf(server: Server): Promise<number> {
  open.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens at a port
  return (server.address() as AddressInfo).port;
}
const tcp = (hear: (bytes: Buffer) => string | null) =>
  portOf(
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        const said = hear(bytes);
        if (said !== null) socket.end(said);
      });
    }),
  );
const http = (listener: RequestListener) => portOf(createHttpServer(listener));
const at = (port: number, path: string | null, timeoutMs = 5_000) =>
  probeAt({ address: "127.0.0.1", port, path, timeoutMs });

describe("a probe of a port", () => {
  it("is answered by a connection, though nothing is said", async () => {
    expect(await at(await tcp(() => null), null)).toBeNull();
  });

  it("is not answered where nobody listens", async () => {
    const port = await tcp(() => null);
    await new Promise((resolve) => open.pop()?.close(resolve));
    expect(await at(port, null)).toBe("connection refused");
    expect(await at(port, "/health")).toBe("connection refused");
  });
});

describe("a probe of a path", () => {
  it("asks for this path, and is answered by 200 to 299", async () => {
    const asked: string[] = [];
    const port = await http(({ url = "", method }, response) => {
      asked.push(`${method} ${url}`);
      response.writeHead(url === "/none" ? 204 : 200).end("well");
    });
    expect(await at(port, "/health?full=1")).toBeNull();
    expect(await at(port, "/none")).toBeNull();
    expect(asked).toEqual(["GET /health?full=1", "GET /none"]);
  });

  it.each([404, 500, 503, 101])("is not answered by %i", async (status) => {
    const port = await tcp(() => `HTTP/1.1 ${status} Word\r\ncontent-length: 0\r\n\r\n`);
    expect(await at(port, "/")).toEqual(expect.stringMatching(/^(HTTP status \d+|no HTTP|E\w+)$/));
  });

  it("follows no redirect", async () => {
    const asked: string[] = [];
    const port = await http(({ url = "" }, response) => {
      asked.push(url);
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect(await at(port, "/")).toBe("HTTP status 302");
    expect(asked).toEqual(["/"]);
  });

  it("is not answered by something else than HTTP", async () => {
    const port = await tcp(() => "SSH-2.0-OpenSSH_9.2\r\n");
    expect(await at(port, "/")).toMatch(/^\w+$/);
  });

  it("is given up in time where nothing is said", async () => {
    expect(await at(await tcp(() => null), "/", 50)).toBe("no answer within 0.05 s");
  });

  it("is answered by the status, however long the body is", async () => {
    const port = await http((_request, response) => {
      response.writeHead(200);
      response.write("x".repeat(1000)); // and never ends
    });
    expect(await at(port, "/")).toBeNull();
  });
});

describe("an address", () => {
  it.each([
    "127.0.0.1",
    "169.254.169.254",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "fe80::1",
    "::ffff:127.0.0.1",
    "1.2.3",
    "::::",
  ])("%s is of no server in a network, and is not asked", async (address) => {
    const port = await tcp(() => null);
    expect(await probeByNetwork({ address, port, path: null, timeoutMs: 100 })).toBe(
      "no server of a network has this address",
    );
  });
});
