import type { ApiCall, Cloud, Clouds, Images } from "../cloud-ports.ts";
import type { ImageContent } from "../image-content.ts";
import type { Http, Probe, Timing } from "../ports.ts";
import { chooseRegion, imageServices } from "./catalog.ts";
import { Cbr } from "./cbr.ts";
import { NovaCompute } from "./compute.ts";
import { configFor, type CatalogService, type CloudConfig } from "./config.ts";
import { CloudError } from "./errors.ts";
import { GlanceImports } from "./image-imports.ts";
import { GlanceMembers } from "./image-members.ts";
import { GlanceImages } from "./images.ts";
import { Ims } from "./ims.ts";
import { type At, Service } from "./service.ts";
import { Session } from "./session.ts";
import { NovaTestServers } from "./test-servers.ts";
import { CinderVolumes } from "./volumes.ts";

/** What the adapter needs of its host. */
export interface CloudDeps {
  /** Asked once per cloud: a private CA, client certificate or proxy belongs to one entry. */
  http: (config: CloudConfig) => Http;
  now: () => number;
  timing: Timing;
  /** Absent: no server is probed, and each test that wants it fails and says so. */
  probe?: Probe;
  /** Absent: this process carries no content of images. */
  contentOf?: ContentOf;
}

type ContentOf = (glance: Service) => ImageContent;

/**
 * Clouds by their names in clouds.yaml. Tokens, catalogs and versions are kept as long as this object:
 * one per process (or per simulated worker).
 */
export function openClouds(configs: ReadonlyMap<string, CloudConfig>, deps: CloudDeps): Clouds {
  const sessions = new Map<string, Session>();
  return {
    open: ({ cloud, region }, seen, untilMs) => {
      const entry = configs.get(cloud);
      if (entry === undefined) throw unknownCloud(cloud, [...configs.keys()]);
      const config = configFor(entry, region);
      const session = sessions.get(config.name) ?? openSession(config, deps);
      sessions.set(config.name, session);
      return openCloud(session, region, seen, untilMs, deps);
    },
  };
}

export function openSession(config: CloudConfig, { http, now, timing }: CloudDeps): Session {
  return new Session(config, { http: http(config), now, timing });
}

export function openCloud(
  session: Session,
  region: string | null,
  seen: (call: ApiCall) => void,
  untilMs = Number.POSITIVE_INFINITY,
  { probe = notProbed, contentOf }: Pick<CloudDeps, "probe" | "contentOf"> = {},
): Cloud {
  const serviceOf = (kind: CatalogService, at: At) => new Service(session, kind, at, seen, untilMs);
  const images = (at: At): Images => new GlanceImages(serviceOf("image", at), session);
  const ownRegion = async (): Promise<string> =>
    chooseRegion(session.config, (await session.token(seen)).catalog, region);
  return {
    compute: new NovaCompute(serviceOf("compute", region), session.servers),
    testServers: new NovaTestServers({
      nova: serviceOf("compute", region),
      neutron: serviceOf("network", region),
      probe,
    }),
    volumes: new CinderVolumes(serviceOf("volume", region)),
    images: images(region),
    imageMembers: new GlanceMembers(serviceOf("image", region)),
    imageJobs: new Ims(serviceOf("image", region)),
    backups: new Cbr(serviceOf("cbr", region)),
    authenticate: async (service) => {
      const { projectId, projectName } = await session.newToken(seen);
      if (service !== undefined) await serviceOf(service, region).microversion();
      return { projectId, projectName };
    },
    region: ownRegion,
    everyImageService: async () => {
      const token = await session.token(seen);
      const own = await ownRegion();
      return imageServices(session.config, token, own).map((service) => ({
        ...service,
        images: images({ endpoint: service.url }),
        imports: new GlanceImports(serviceOf("image", { endpoint: service.url })),
        content: contentOf?.(serviceOf("image", { endpoint: service.url })) ?? null,
      }));
    },
  };
}

const notProbed: Probe = () => Promise.resolve("nothing is probed here");

function unknownCloud(name: string, known: string[]): CloudError {
  return new CloudError(
    `cloud: clouds.yaml has no entry "${name}". It has: ${known.join(", ") || "none"}`,
    { kind: "refused", code: "configuration" },
  );
}
