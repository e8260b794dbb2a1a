import * as z from "zod/mini";
import { rootOf, signInRaw, type RawAnswer, type RawCall, type RawCloud } from "./raw-cloud.ts";
import type { Target } from "./target.ts";

export const item = z.looseObject({
  id: z.string(),
  name: z.nullable(z.string()),
  status: z.string(),
});
export type Item = z.infer<typeof item>;

export type Kind = "server" | "volume" | "snapshot" | "image";
export const SERVICE_OF = {
  server: "compute",
  volume: "volume",
  snapshot: "volume",
  image: "image",
} as const;
export const PATH_OF = {
  server: "/servers",
  volume: "/volumes",
  snapshot: "/snapshots",
  image: "/v2/images",
};

/** A project of the cloud under test, and short ways to ask its services. */
export class SignedIn {
  readonly target: Target;
  #raw: RawCloud | null = null;

  constructor(target: Target) {
    this.target = target;
  }

  async open(): Promise<void> {
    this.#raw = await signInRaw(this.target.http, this.target.config);
  }

  get raw(): RawCloud {
    if (this.#raw === null) throw new Error("open() comes first");
    return this.#raw;
  }

  /** Nova's endpoint of before microversions; real ones have it to this day. */
  legacyComputeUrl(): string {
    return `${rootOf(this.raw.endpoint("compute"))}/v2/${this.raw.projectId}`;
  }

  call(request: RawCall): Promise<RawAnswer> {
    return this.raw.call(request);
  }

  compute(
    method: NonNullable<RawCall["method"]>,
    path: string,
    body?: unknown,
    version?: string,
  ): Promise<RawAnswer> {
    return this.call({
      service: "compute",
      method,
      path,
      ...(body === undefined ? {} : { body }),
      ...(version === undefined ? {} : { version }),
    });
  }

  volume(
    method: NonNullable<RawCall["method"]>,
    path: string,
    body?: unknown,
    version?: string,
  ): Promise<RawAnswer> {
    return this.call({
      service: "volume",
      method,
      path,
      ...(body === undefined ? {} : { body }),
      ...(version === undefined ? {} : { version }),
    });
  }

  image(
    method: NonNullable<RawCall["method"]>,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<RawAnswer> {
    return this.call({
      service: "image",
      method,
      path,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });
  }

  patch(imageId: string, operations: unknown): Promise<RawAnswer> {
    const type = "application/openstack-images-v2.1-json-patch";
    return this.image("PATCH", `/v2/images/${imageId}`, operations, type);
  }

  createImage(serverId: string, name: string, version = "2.45"): Promise<RawAnswer> {
    return this.compute("POST", `/servers/${serverId}/action`, { createImage: { name } }, version);
  }

  async list(service: RawCall["service"], path: string, key: string): Promise<Item[]> {
    const answer = await this.call({ service, path });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return z.array(item).parse(z.record(z.string(), z.unknown()).parse(answer.json)[key]);
  }

  /** The project's own, to put it back; -1 is no limit. */
  async snapshotQuota(): Promise<number> {
    const absolute = z.object({ maxTotalSnapshots: z.number() });
    const limits = z.object({ limits: z.object({ absolute }) });
    const answer = await this.volume("GET", "/limits");
    return limits.parse(answer.json).limits.absolute.maxTotalSnapshots;
  }

  /** @returns null: 404. */
  async observe(kind: Kind, id: string): Promise<Item | null> {
    const path = `${PATH_OF[kind]}/${id}`;
    const answer = await this.call({ service: SERVICE_OF[kind], path });
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return kind === "image"
      ? item.parse(answer.json)
      : (z.record(z.string(), item).parse(answer.json)[kind] ?? null);
  }
}
