import type { Cloud, CloudRef, Clouds } from "../../shared/cloud-ports.ts";
import type { ImageQuota, Usage } from "../../shared/cloud-quotas.ts";
import { CloudError } from "../../shared/openstack/errors.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";

/** A quota: 3 of 10 `volumes`. */
export interface QuotaLine extends Usage {
  what: string;
}

/** What one service said last of its quotas. */
export interface ServiceQuota {
  service: "compute" | "volume" | "image";
  lines: QuotaLine[];
  /** When it said so. Null: it never did. */
  seenAtMs: number | null;
  /** When it was asked last: it refused, or gave no answer. Null: neither. */
  trouble: "refused" | "no answer" | null;
}

export interface CloudQuota extends CloudRef {
  /** Empty: the first answers are on their way. */
  services: ServiceQuota[];
}

/** A quota changes slowly, and each question is a call to a cloud. */
const ASKED_EVERY_MS = 10 * 60_000;
const ANSWERS_WITHIN_MS = 60_000;

/** Asks clouds for their quotas in the background, while somebody looks at the page. No page waits for an answer. */
export class CloudQuotas {
  private readonly seen = new Map<string, ServiceQuota[]>();
  /** When each cloud was asked last. */
  private readonly askedAtMs = new Map<string, number>();
  private readonly clouds: Clouds;
  private readonly now: () => number;

  constructor(clouds: Clouds, now: () => number) {
    this.clouds = clouds;
    this.now = now;
  }

  /** What is known of the clouds and regions that these recipes use. Asks again what is old. */
  of(recipes: Iterable<Pick<Recipe, "cloud" | "region">>): CloudQuota[] {
    const refs = new Map<string, CloudRef>();
    for (const { cloud, region } of recipes) {
      refs.set(JSON.stringify([cloud, region]), { cloud, region });
    }
    return [...refs]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([key, ref]) => {
        const askedAtMs = this.askedAtMs.get(key) ?? -Infinity;
        if (this.now() - askedAtMs >= ASKED_EVERY_MS) {
          this.askedAtMs.set(key, this.now());
          void this.ask(key, ref);
        }
        return { ...ref, services: this.seen.get(key) ?? [] };
      });
  }

  private async ask(key: string, ref: CloudRef): Promise<void> {
    const before = this.seen.get(key) ?? [];
    const services = await Promise.all(
      SERVICES.map(async ({ service, read }): Promise<ServiceQuota> => {
        try {
          const untilMs = this.now() + ANSWERS_WITHIN_MS;
          const lines = await read(this.clouds.open(ref, () => {}, untilMs));
          return { service, lines, seenAtMs: this.now(), trouble: null };
        } catch (error) {
          // The clouds' own log lines and metrics say why.
          const old = before.find((each) => each.service === service);
          const { lines = [], seenAtMs = null } = old ?? {};
          const isRefused = error instanceof CloudError && error.kind === "refused";
          return { service, lines, seenAtMs, trouble: isRefused ? "refused" : "no answer" };
        }
      }),
    );
    this.seen.set(key, services);
  }
}

const SERVICES: ReadonlyArray<{
  service: ServiceQuota["service"];
  read: (cloud: Cloud) => Promise<QuotaLine[]>;
}> = [
  {
    service: "compute",
    read: async ({ testServers }) => {
      const { instances, cores, ramMib } = await testServers.quota();
      return [line("servers", instances), line("cores", cores), line("MiB of memory", ramMib)];
    },
  },
  {
    service: "volume",
    read: async ({ volumes: cinder }) => {
      const { volumes, snapshots, gib } = await cinder.quota();
      return [line("volumes", volumes), line("snapshots", snapshots), line("GiB", gib)];
    },
  },
  {
    service: "image",
    read: async ({ images }) => imageLines(await images.quota().catch(noUsage)),
  },
];

function line(what: string, { used, limit }: Usage): QuotaLine {
  return { what, used, limit };
}

function imageLines({ images, sizeMib }: ImageQuota): QuotaLine[] {
  return [
    ...(images === null ? [] : [line("images", images)]),
    ...(sizeMib === null ? [] : [line("MiB of images", sizeMib)]),
  ];
}

/** Glance before Yoga tells no usage. @throws every other error */
function noUsage(error: unknown): ImageQuota {
  if (error instanceof CloudError && error.code === "not-found") {
    return { images: null, sizeMib: null };
  }
  throw error;
}
