import { once } from "node:events";
import { join } from "node:path";
import type * as z from "zod/mini";
import type { App } from "../cli/app.ts";
import { listening } from "../cli/listening.ts";
import { interruption } from "../cli/signals.ts";
import type { demoCloudDocument } from "../view/demo.ts";
import { SCHEMA } from "../view/document.ts";
import { writeDemoCloudsFile } from "./demo-clouds-file.ts";
import { DEMO, demoCloudsYaml, openDemoCloud } from "./demo-cloud.ts";

/** Serves the demo's cloud until Ctrl-C or SIGTERM, with a clouds.yaml in the current folder that goes with it. */
export async function serveDemoCloud(
  { output, cwd }: Pick<App, "output" | "cwd">,
  at: { host: string; port: number },
): Promise<void> {
  using stopAsked = interruption();
  const { cloud, close } = await listening(at, () => openDemoCloud(at));
  try {
    const path = join(cwd, "clouds.yaml");
    const text = demoCloudsYaml(cloud);
    using file = writeDemoCloudsFile(path, text);
    const { servers, volumes, baseUrl } = cloud.world;
    const document: z.infer<typeof demoCloudDocument> = {
      schema: SCHEMA,
      url: baseUrl,
      cloud: DEMO,
      clouds_file: file === null ? null : path,
      clouds_yaml: text,
      servers: [...servers.values()].map(({ name }) => name),
      volumes: [...volumes.values()].map(({ name }) => name),
    };
    output.answer({ document, text: () => told(document) });
    if (!stopAsked.signal.aborted) await once(stopAsked.signal, "abort");
  } finally {
    await close();
  }
}

function told({
  url,
  cloud,
  clouds_file: file,
  clouds_yaml: text,
  ...things
}: z.infer<typeof demoCloudDocument>): string[] {
  const list = new Intl.ListFormat("en");
  const servers = list.format(things.servers);
  const volumes = list.format(things.volumes);
  return [
    `A simulated OpenStack runs at ${url}, with servers ${servers} and volumes ${volumes}.`,
    ...(file === null
      ? [
          "This folder has another clouds.yaml, which stays. Put this into a file, and name it in OS_CLIENT_CONFIG_FILE:",
          "",
          text,
        ]
      : [`Wrote ${file}: cloud ${cloud}. Ctrl-C ends the cloud and removes the file.`]),
    "Next, in a second terminal in this folder: regild init",
  ];
}
