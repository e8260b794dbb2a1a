import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished, vi } from "vitest";
import { openWorkplace, type Workplace } from "../cli/workplace.ts";
import { freePort } from "./free-port.ts";
import { certificate } from "./whole-build.ts";

vi.setConfig({ testTimeout: 60_000 });

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/** The receiver of docs/prepare-the-guest.md, with a command that notes its server. */
async function openReceiver(place: Workplace, key: { cert: string; key: string }, script: string) {
  const port = await freePort();
  const command = join(place.folder, "prepare-server");
  writeFileSync(command, `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o755);
  const receiver = spawn(process.execPath, ["docs/prepare-the-guest/receiver.mjs", command], {
    env: { ...process.env, REGILD_SECRET: SECRET, CERT: key.cert, KEY: key.key, PORT: `${port}` },
    stdio: "ignore",
  });
  while (!(await isOpen(port))) await sleep(50);
  return {
    url: `https://localhost:${port}/prepare`,
    [Symbol.asyncDispose]: async () => {
      receiver.kill();
      await once(receiver, "exit");
    },
  };
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "localhost");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

it.each([
  [
    "is ready",
    'echo "$1" >> "$(dirname "$0")/prepared"',
    { status: 0, says: "✓ create-image", isPrepared: true },
  ],
  [
    "is not ready",
    'echo "Sysprep failed on $1" >&2; exit 1',
    { status: 3, says: "guest does not say that the source is ready: Sysprep failed on ID" },
  ],
])(
  "the receiver of the page says that a server %s",
  async (_name, script, is: { status: number; says: string; isPrepared?: boolean }) => {
    const folder = mkdtempSync(join(tmpdir(), "regild-hook-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const key = certificate(folder);
    await using place = await openWorkplace({}, { NODE_EXTRA_CA_CERTS: key.cert });
    await using receiver = await openReceiver(place, key, script);
    const prepare = "{ stop_server: true, hook: { to: guest, timeout: 2m } }";
    place.write(
      "recipes.yml",
      `recipes: { web: { cloud: demo, server: web, prepare: ${prepare} } }`,
    );
    const guest = { url: receiver.url, secrets: [SECRET], private_addresses: true };
    place.write("regild.yml", JSON.stringify({ callbacks: { guest } }));
    expect(await place.regild("refresh", "web", "--wait")).toMatchObject({
      status: 6,
      err: expect.stringContaining("web asks a hook before it stops its source"),
    });
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said('"serving"');
    const refreshed = await place.regild("refresh", "web", "--wait");
    expect(refreshed).toMatchObject({ status: is.status });
    const [server] = place.cloud.world.servers.values();
    const id = server?.id ?? "";
    expect(refreshed.out + refreshed.err).toContain(is.says.replace("ID", id));
    expect(server?.vmState).toBe("active");
    const prepared = join(place.folder, "prepared");
    expect(existsSync(prepared) ? readFileSync(prepared, "utf8") : undefined).toBe(
      is.isPrepared === true ? `${id}\n` : undefined,
    );
  },
);
