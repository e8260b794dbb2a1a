import { randomUUID } from "node:crypto";
import type {
  Cloud,
  Clouds,
  Compute,
  Image,
  ImageChange,
  Images,
  Volumes,
} from "../../shared/cloud-ports.ts";
import { CloudError } from "../../shared/openstack/errors.ts";
import { image, server } from "../unit/builders.ts";

const PROJECT = "project-1";
const UPLOAD_MS = 60_000;

/**
 * A cloud with an API of its own, in this process: it speaks no HTTP, and knows nothing of OpenStack. It has the ports that
 * the refresh of a server needs. docs/add-a-cloud.md says how a real one is added.
 */
export class ToyCloud {
  nowMs: number;
  readonly images = new Map<string, Image>();
  readonly server = server({ projectId: PROJECT });

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  get clouds(): Clouds {
    return { open: () => this.#cloud() };
  }

  #cloud(): Cloud {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the ports that this refresh needs
    return {
      compute: this.#compute(),
      volumes: this.#volumes(),
      images: this.#images(),
      authenticate: async () => ({ projectId: PROJECT, projectName: "toys" }),
      region: async () => "toyland",
      everyImageService: async () => [
        { name: "toyland", region: "toyland", url: "toy:images", images: this.#images() },
      ],
    } as unknown as Cloud;
  }

  #compute(): Partial<Compute> {
    const find = async (): Promise<typeof this.server> => this.server;
    return {
      server: find,
      recentServer: find,
      findServers: async (idOrName) => (idOrName === this.server.name ? [this.server] : []),
      createImage: async (_serverId, name, properties, id) => {
        const made = image({ id: id ?? randomUUID(), name, properties: { ...properties } });
        const record = { ...made, status: "saving", createdAtMs: this.nowMs };
        this.images.set(made.id, { ...record, updatedAtMs: this.nowMs + UPLOAD_MS });
        return { imageId: made.id };
      },
      serversFrom: async () => [],
      failureOf: async () => null,
    };
  }

  #volumes(): Partial<Volumes> {
    return { volumes: async () => [], snapshots: async () => [], findVolumes: async () => [] };
  }

  #images(): Partial<Images> {
    const read = async (id: string): Promise<Image | null> => this.#read(id);
    return {
      image: read,
      recentImage: read,
      foreign: read,
      listed: async (ids) =>
        new Map(ids.flatMap((id) => (this.images.has(id) ? [[id, this.#known(id)] as const] : []))),
      named: async (name) => [...this.images.values()].filter((one) => one.name === name),
      everyImage: async () => [],
      imagesNamingSnapshots: async () => [],
      change: async ({ id }, change) => this.#change(id, change),
      addTag: async (id, tag) => void this.#known(id).tags.push(tag),
      removeTag: async (id, tag) => {
        const one = this.#known(id);
        one.tags = one.tags.filter((each) => each !== tag);
      },
      fence: async (id) => !this.images.has(id),
      deleteImage: async (id) => this.images.delete(id),
      mayGive: async () => ({ may: "yes" }),
      quota: async () => {
        throw new CloudError("toys have no quota", { kind: "refused", code: "not-found" });
      },
    };
  }

  #read(id: string): Image | null {
    const one = this.images.get(id);
    if (one?.status === "saving" && this.nowMs >= one.updatedAtMs) one.status = "active";
    return one === undefined ? null : { ...one, tags: [...one.tags] };
  }

  #known(id: string): Image {
    const one = this.images.get(id);
    if (one === undefined)
      throw new CloudError(`there is no image ${id}`, { kind: "refused", code: "not-found" });
    return one;
  }

  #change(id: string, { properties = {}, ...fields }: ImageChange): void {
    const one = Object.assign(this.#known(id), fields);
    for (const [key, value] of Object.entries(properties))
      if (value === null) delete one.properties[key];
      else one.properties[key] = value;
  }
}
