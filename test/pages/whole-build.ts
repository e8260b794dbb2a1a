import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const PROGRAM = join(REPOSITORY, "local/bin/regild.cjs");
export const BUILD_FILES = ["recipes.yml", "regild.yml", "build.sh", "receive.mjs"];

const SECRETS = { whsec_WEBHOOK: key("webhook"), whsec_CALLBACK: key("callback") };

export interface Built {
  status: number | null;
  out: string;
  err: string;
  /** What the host has logged. */
  log: string;
}

/**
 * Runs docs/whole-build/build.sh against a `regild serve` of its own. The files are those of the page, with this
 * cloud's name, two real secrets, and localhost in place of example.com.
 * @param env what finds the cloud, for Regild and for `openstack`.
 */
export async function runWholeBuild(is: {
  cloudName: string;
  version: string;
  env: NodeJS.ProcessEnv;
  /** Put before all others on the path; null: nothing. */
  bin: string | null;
}): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), "regild-build-"));
  const port = await freePort();
  for (const file of BUILD_FILES) {
    const shown = readFileSync(join(REPOSITORY, "docs/whole-build", file), "utf8");
    writeFileSync(join(folder, file), inThisPlace(shown, is.cloudName, port), { mode: 0o700 });
  }
  symlinkSync(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
  const ca = certificate(folder);
  const path = [is.bin, dirname(process.execPath), process.env["PATH"]].filter((one) => one);
  const env = {
    ...process.env,
    ...is.env,
    PATH: path.join(":"),
    NO_COLOR: "1",
    NODE_EXTRA_CA_CERTS: ca.cert,
  };
  const regild = (...args: string[]) =>
    spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env, stdio: "pipe" });
  const host = regild("serve", "--listen", "127.0.0.1:0");
  const log = text(host.stdout);
  try {
    const { url, webhook } = await addresses(host.stdout);
    const token = regild("token", "create", "build", "--role", "read", "--recipe", "runner");
    const build = spawn("bash", [join(folder, "build.sh"), is.version], {
      env: {
        ...env,
        WEBHOOK_URL: webhook,
        WEBHOOK_SECRET: SECRETS.whsec_WEBHOOK,
        REGILD_URL: url,
        REGILD_TOKEN: (await text(token.stdout)).trim(),
        CALLBACK_SECRET: SECRETS.whsec_CALLBACK,
        CALLBACK_PORT: String(port),
        TLS_CERT: ca.cert,
        TLS_KEY: ca.key,
      },
    });
    const closed = once(build, "close");
    const [out, err] = await Promise.all([text(build.stdout), text(build.stderr)]);
    await closed;
    host.kill("SIGTERM");
    return { status: build.exitCode, out, err, log: await log };
  } finally {
    host.kill("SIGKILL");
    if (host.exitCode === null && host.signalCode === null) await once(host, "close");
    rmSync(folder, { recursive: true });
  }
}

function inThisPlace(shown: string, cloudName: string, port: number): string {
  return shown
    .replace("cloud: mycloud", `cloud: ${cloudName}`)
    .replace("ci.example.com:8443", `localhost:${port}`)
    .replace('"whsec_CALLBACK"]', '"whsec_CALLBACK"], private_addresses: true')
    .replace("whsec_WEBHOOK", SECRETS.whsec_WEBHOOK)
    .replace("whsec_CALLBACK", SECRETS.whsec_CALLBACK);
}

function key(of: string): string {
  return `whsec_${Buffer.from(`the secret of the build's ${of}`).toString("base64")}`;
}

/** Of localhost, signed by itself. */
export function certificate(folder: string): { cert: string; key: string } {
  const files = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  mkdirSync(folder, { recursive: true });
  const [name, days] = [["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], "1"];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const to = ["-keyout", files.key, "-out", files.cert, "-days", days];
  execFileSync("openssl", ["req", ...kind, ...to, ...name], { stdio: "ignore" });
  return files;
}

/** Of the host's two listeners, from its first line. */
async function addresses(out: NodeJS.ReadableStream): Promise<{ url: string; webhook: string }> {
  let printed = "";
  return new Promise((resolve, reject) => {
    out.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const url = /"url":"(?<url>[^"]+)"/.exec(printed)?.groups?.["url"];
      const webhook = /"webhooks":\["(?<url>[^"]+)"/.exec(printed)?.groups?.["url"];
      if (url !== undefined && webhook !== undefined) resolve({ url, webhook });
    });
    out.on("end", () => reject(new Error(`regild serve ended: ${printed}`)));
  });
}
