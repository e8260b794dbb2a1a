import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { type RawCall, signInRaw } from "../contract/raw-cloud.ts";
import { configOf } from "../contract/simulated-target.ts";

const things = z.array(z.object({ id: z.string(), name: z.string(), status: z.string() }));
const booted = z.object({ server: z.object({ id: z.string() }) });
const argsSchema = z.array(z.string());

/**
 * A command `openstack` in a folder of its own, with as much of python-openstackclient as the build's script uses. It
 * asks the simulated cloud's API as the real one does. The tests on a real cloud use the real one.
 */
export async function openstackClient(cloud: SimulatedCloud, folder: string) {
  const raw = await signInRaw(asHttp(cloud), configOf(cloud, cloud.demo));
  const list = async (call: RawCall, key: string) =>
    things.parse(z.record(z.string(), z.unknown()).parse((await raw.call(call)).json)[key]);
  const ids = (found: z.infer<typeof things>) => found.map(({ id }) => `${id}\n`).join("");
  const servers = (name: string) =>
    list(
      { service: "compute", path: `/servers/detail?name=${encodeURIComponent(name)}` },
      "servers",
    );

  const run = async (args: string[]): Promise<string> => {
    const option = (name: string): string => args[args.indexOf(name) + 1] ?? "";
    const what = args.slice(0, 2).join(" ");
    if (what === "image list") {
      const path = `/v2/images?tag=${encodeURIComponent(option("--tag"))}`;
      return ids(await list({ service: "image", path }, "images"));
    }
    if (what === "server list") return ids(await servers(option("--name")));
    if (what !== "server create") throw new Error(`no ${what}`);
    const name = args.at(-1) ?? "";
    const [key = "", value = ""] = option("--property").split("=");
    const body = {
      server: {
        name,
        imageRef: option("--image"),
        flavorRef: option("--flavor"),
        networks: option("--nic"),
        metadata: { [key]: value },
      },
    };
    const version = "2.37"; // networks: none
    const call = { service: "compute", method: "POST", path: "/servers", body, version } as const;
    const { server } = booted.parse((await raw.call(call)).json);
    while ((await servers(name))[0]?.status !== "ACTIVE") await sleep(50);
    return `\n${JSON.stringify(server)}\n`;
  };

  const control = createServer((request, response) => {
    void (async () => {
      try {
        response.end(await run(argsSchema.parse(await json(request))));
      } catch (error) {
        response.writeHead(500).end(String(error));
      }
    })();
  }).listen(0, "127.0.0.1");
  await once(control, "listening");
  const address = control.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  mkdirSync(folder, { recursive: true });
  const command = join(folder, "openstack");
  const sent = '"$(jq -nc \'$ARGS.positional\' --args -- "$@")"';
  writeFileSync(command, `#!/bin/sh\nexec curl -fsS http://127.0.0.1:${port} -d ${sent}\n`);
  chmodSync(command, 0o755);
  return { folder, close: () => control.close() };
}
