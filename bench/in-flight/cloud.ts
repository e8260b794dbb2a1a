import { cloudsYaml } from "../../local/simulated-cloud/clouds-yaml.ts";
import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { serveCloud } from "../../local/simulated-cloud/serve.ts";
import type { CloudIsTold } from "./messages.ts";

/** Nobody waits so long: see `end-uploads`. */
const UPLOAD_SECONDS = 3600;

/** `node cloud.ts SERVERS`, with a channel to its parent: a simulated cloud with so many servers. */
const size = Number(process.argv[2]);
let aheadMs = 0;
let isFirstLook = false;
const say = (message: object): void => void process.send?.(message);

class WatchedCloud extends SimulatedCloud {
  override exchange(request: Parameters<SimulatedCloud["exchange"]>[0]) {
    const { pathname, searchParams } = new URL(request.url);
    const [, read] = /^\/image\/.+\/images(?:\/([^/]+))?$/.exec(pathname) ?? [];
    const isLook = read === undefined ? searchParams.has("id") : read !== image.id;
    if (isFirstLook && request.method === "GET" && isLook) {
      isFirstLook = false;
      say({ look: true });
    }
    return super.exchange(request);
  }
}

const cloud = new WatchedCloud({
  now: () => Date.now() + aheadMs,
  random: Math.random,
  settings: { uploadSeconds: () => UPLOAD_SECONDS },
});
await serveCloud(cloud, { port: 0 });
const image = cloud.operator.addImage({ name: "base" });
const servers = Array.from(
  { length: size },
  (_, at) => cloud.operator.addServer({ name: `golden-${at}`, image }).id,
);
process.on("message", (told: CloudIsTold) => {
  if (told === "tell-of-a-look") isFirstLook = true;
  if (told === "end-uploads") aheadMs = UPLOAD_SECONDS * 1000;
  if (told === "count-images") {
    cloud.settle();
    const active = [...cloud.world.firstZone.images.values()].filter(
      ({ status, id }) => status === "active" && id !== image.id,
    );
    say({ activeImages: active.length });
  }
});
process.on("disconnect", () => process.exit());
say({ cloudsYaml: cloudsYaml(cloud, "sim"), servers });
