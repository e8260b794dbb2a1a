import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { expect, it, vi } from "vitest";
import { deadLettersDocument } from "../../local/view/dead-letters.ts";
import { certificate } from "../pages/whole-build.ts";
import { freePort } from "../pages/free-port.ts";
import { openWorkplace, type Running, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 60_000 });

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** A build that takes callbacks over TLS, by a certificate of its own. */
async function openBuild() {
  const folder = mkdtempSync(join(tmpdir(), "regild-callback-"));
  const { cert, key } = certificate(folder);
  const port = await freePort();
  const types: unknown[] = [];
  const is = { status: 410 };
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    types.push(new Webhook(SECRET).verify(await text(request), headers));
    response.writeHead(is.status).end();
  };
  server.on("request", (request, response) => void take(request, response));
  await once(server.listen(port), "listening");
  return {
    cert,
    is,
    types,
    url: `https://localhost:${port}/regild`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

it.concurrent("a callback that a build refuses for good is told by status --check, and sent again by retry", async () => {
  await using build = await openBuild();
  await using place = await openWorkplace({}, { NODE_EXTRA_CA_CERTS: build.cert });
  const host = await refreshed(place, build.url);
  await host.said("callback was given up");

  const checked = await place.regild("status", "--check");
  expect(checked).toMatchObject({ status: 7 });
  expect(checked.out + checked.err).toContain("1 dead letter needs you: regild retry");
  const listed = await place.regild("retry", "-o", "json");
  const { dead_letters: found } = deadLettersDocument.parse(JSON.parse(listed.out));
  expect(found).toMatchObject([
    { kind: "callback", state: "stuck", done: "given_up", error: { message: "it answered 410" } },
  ]);
  expect((await place.regild("retry")).out).toMatch(/callback-web-\S+ +callback +notify +given up/);

  build.is.status = 204;
  expect(await place.regild("retry", "--all")).toMatchObject({ status: 0 });
  await host.said("callback delivered");
  expect(build.types).toMatchObject([{ type: "run.succeeded" }, { type: "run.succeeded" }]);
  expect(await place.regild("status", "--check")).toMatchObject({ status: 0 });
  expect(host.out() + host.err()).not.toContain(SECRET);
});

it.concurrent("a build is trusted by the CA in SSL_CERT_FILE, as clouds are", async () => {
  await using build = await openBuild();
  build.is.status = 204;
  await using place = await openWorkplace({}, { SSL_CERT_FILE: build.cert });
  const host = await refreshed(place, build.url);
  await host.said("callback delivered");
  expect(build.types).toMatchObject([{ type: "run.succeeded" }]);
});

it.concurrent("a certificate that nobody trusts is told by the log, and the callback is tried again", async () => {
  await using build = await openBuild();
  await using place = await openWorkplace();
  const host = await refreshed(place, build.url);
  await host.said("callback was not taken");
  expect(host.out() + host.err()).toMatch(/callback was not taken.*certificate/);
  expect(build.types).toEqual([]);
});

/** A host, and a run of it whose end is to be told there. */
async function refreshed(place: Workplace, url: string): Promise<Running> {
  place.write(
    "recipes.yml",
    "recipes: { web: { cloud: demo, server: web, callback: { to: ci } } }",
  );
  const target = { url, secrets: [SECRET], private_addresses: true };
  place.write("regild.yml", JSON.stringify({ callbacks: { ci: target } }));
  const host = place.begin("serve", "--listen", "127.0.0.1:0");
  await host.said('"serving"');
  expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  return host;
}
