import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import * as z from "zod/mini";
import { certificate } from "../pages/whole-build.ts";

export const HOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** What a hook is asked. */
export const questionSchema = z.object({
  data: z.object({ answer: z.object({ path: z.string(), token: z.string() }) }),
});

/** A hook, at an address of its own. @param take answers with a status, or not at all. */
export async function openHook(take: (body: unknown) => Promise<number | null>) {
  const folder = mkdtempSync(join(tmpdir(), "regild-hook-"));
  const { cert, key } = certificate(folder);
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
  server.on("request", (request, response) => {
    void (async () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      const status = await take(new Webhook(HOOK_SECRET).verify(await text(request), headers));
      if (status === null) response.destroy();
      else response.writeHead(status).end();
    })();
  });
  await once(server.listen(0, "localhost"), "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens at a port
  const { port } = server.address() as AddressInfo;
  return {
    cert,
    url: `https://localhost:${port}/prepare`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
