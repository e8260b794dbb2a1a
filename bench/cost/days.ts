import { cloudsYaml } from "../../local/simulated-cloud/clouds-yaml.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import { serveCloud } from "../../local/simulated-cloud/serve.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { bringUp } from "../../test/aws/stack/bring-up.ts";
import { parametersOf } from "../../test/aws/stack/parameters.ts";
import type { Stack } from "../../test/aws/stack/stack.ts";
import type { Package } from "../../test/aws/template/compiled.ts";
import { SENDERS } from "./webhooks.ts";

export const UPLOAD_HOURS = [1, 2, 4];
/** Each kind of source that is uploaded as a whole. */
const SOURCES = {
  server: "server: NAME, prepare: { stop_server: true }",
  root: "server: NAME, capture: root_volume",
  volume: "volume: NAME",
};
const KINDS = ["server", "root", "volume"] as const;
/** An upload takes so much more or less than usual. */
const SPREAD = 0.05;
const CLOUD = "sim";

interface Golden {
  name: string;
  kind: (typeof KINDS)[number];
  uploadHours: number;
}

export const GOLDENS: Golden[] = UPLOAD_HOURS.flatMap((uploadHours) =>
  KINDS.map((kind) => ({ name: `${kind}-${uploadHours}h`, kind, uploadHours })),
);

/** Every recipe once a day, evenly over the day; an image is deleted two hours after its successor is current. */
function recipesText(): string {
  const apartMinutes = (24 * 60) / GOLDENS.length;
  const recipes = GOLDENS.map(({ name, kind }, at) => {
    const [hour, minute] = [Math.floor((at * apartMinutes) / 60), (at * apartMinutes) % 60];
    const schedule = `schedule: [{ cron: "${minute} ${hour} * * *", timezone: UTC }]`;
    return `  ${name}: { ${SOURCES[kind].replace("NAME", name)}, ${schedule} }\n`;
  });
  return `defaults: { cloud: ${CLOUD}, keep: 1, cooling_off: 2h }\nrecipes:\n${recipes.join("")}`;
}

/** The same functions, with the recipes of this bench in the packages. */
function withRecipes({ template, files }: Package): Package {
  const loaded = loadRecipes(recipesText(), "recipes of the bench");
  if ("problems" in loaded) throw new Error(loaded.problems.map((p) => p.message).join("\n"));
  const text = Buffer.from(JSON.stringify([...loaded.recipes.values()]));
  const replaced = (content: Map<string, Buffer>) =>
    content.has("dist/recipes.json") ? content.set("dist/recipes.json", text) : content;
  return { template, files: (name) => replaced(files(name)) };
}

/** The stack with a cloud to work on, whose days pass as fast as the functions can work. */
export async function openDays(
  packaged: Package,
  seed: number,
): Promise<{ stack: Stack; cloud: SimulatedCloud } & AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  const clouds = () => cloudsYaml(cloud, CLOUD);
  const names = parametersOf(packaged.template);
  const parameters = { [names.clouds]: clouds, [names.senders]: () => SENDERS };
  const { stack } = undo.use(await bringUp(withRecipes(packaged), parameters));
  const random = seededRandom(seed);
  const cloud = new SimulatedCloud({
    now: () => Date.now(),
    random,
    zones: ["az1"],
    settings: {
      stopSeconds: 40,
      startSeconds: 20,
      captureSeconds: 10,
      snapshotSeconds: 30,
      volumeSeconds: 60,
      uploadSeconds: (image) => uploadHoursOf(image) * 3600 * (1 - SPREAD + 2 * SPREAD * random()),
    },
  });
  const image = cloud.operator.addImage({ name: "debian-12" });
  for (const { name, kind } of GOLDENS) {
    if (kind === "server") cloud.operator.addServer({ name, image });
    else if (kind === "volume") cloud.operator.addVolume({ name });
    else cloud.operator.addServer({ name, volumes: [cloud.operator.addVolume({ name, image })] });
  }
  const { close } = await serveCloud(cloud, { port: 0 });
  undo.defer(close);
  const dispose = undo.move();
  return { stack, cloud, [Symbol.asyncDispose]: () => dispose.disposeAsync() };
}

function uploadHoursOf(image: string): number {
  const golden = GOLDENS.find(({ name }) => image.startsWith(`${name}-`));
  if (golden === undefined) throw new Error(`no recipe makes an image ${image}`);
  return golden.uploadHours;
}
