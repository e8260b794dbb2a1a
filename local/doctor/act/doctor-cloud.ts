import * as z from "zod/mini";
import { isCloudId, segment } from "../../../shared/cloud-ids.ts";
import type { ApiCall, Cloud } from "../../../shared/cloud-ports.ts";
import { openCloud } from "../../../shared/openstack/cloud.ts";
import { entries, everyPage, nextByMarker } from "../../../shared/openstack/pages.ts";
import { orGone, orNull, Service, type ServiceCall } from "../../../shared/openstack/service.ts";
import type { Session } from "../../../shared/openstack/session.ts";
import { IMAGE_FLAG, MARK_KEY } from "./mark.ts";

const id = z.string().check(z.refine(isCloudId, { error: "is no id" }));
const texts = z.record(z.string(), z.unknown());
const serverEntry = z.looseObject({ id, name: z.string(), metadata: texts });
const namedEntry = z.looseObject({ id, name: z.string() });
const imageEntry = z.looseObject({ id, name: z.nullish(z.string()), [MARK_KEY]: z.unknown() });

/** A thing with a doctor's name, and its mark. */
export interface Marked {
  id: string;
  name: string;
  mark: string | undefined;
}

/** The calls that only the doctor makes, besides those of Regild's own ports. */
export class DoctorCloud {
  readonly ports: Cloud;
  readonly #nova: Service;
  readonly #cinder: Service;
  readonly #glance: Service;

  constructor(session: Session, region: string | null) {
    const seen = (_call: ApiCall): void => {};
    this.ports = openCloud(session, region, seen);
    this.#nova = new Service(session, "compute", region, seen);
    this.#cinder = new Service(session, "volume", region, seen);
    this.#glance = new Service(session, "image", region, seen);
  }

  async createVolume(name: string, mark: string): Promise<string> {
    const body = { volume: { name, size: 1, metadata: { [MARK_KEY]: mark } } };
    const answer = await this.#create(this.#cinder, "createVolume", "/volumes", body);
    return answer.read(z.looseObject({ volume: z.looseObject({ id }) })).volume.id;
  }

  async createImage(name: string, mark: string, diskFormat: string): Promise<string> {
    const answer = await this.#create(this.#glance, "createImage", "/images", {
      name,
      visibility: "private",
      disk_format: diskFormat,
      container_format: "bare",
      [IMAGE_FLAG.name]: IMAGE_FLAG.value,
      [MARK_KEY]: mark,
    });
    return answer.read(z.looseObject({ id })).id;
  }

  /** Some KiB, all the same letter, and between quotes: no disk of any format. */
  async uploadData(imageId: string): Promise<void> {
    await this.#glance.send({
      operation: "uploadImage",
      effect: "once",
      method: "PUT",
      path: `/images/${segment(imageId)}/file`,
      contentType: "application/octet-stream",
      body: () => "r".repeat(4096),
    });
  }

  async createServer(
    name: string,
    mark: string,
    is: { imageId: string; flavorId: string; network: string },
  ): Promise<string> {
    const networks = is.network === "none" ? "none" : [{ uuid: is.network }];
    const answer = await this.#create(this.#nova, "createServer", "/servers", {
      server: {
        name,
        imageRef: is.imageId,
        flavorRef: is.flavorId,
        networks,
        metadata: { [MARK_KEY]: mark },
      },
    });
    return answer.read(z.looseObject({ server: z.looseObject({ id }) })).server.id;
  }

  deleteServer(serverId: string): Promise<void> {
    const path = `/servers/${segment(serverId)}`;
    const call = { operation: "deleteServer", effect: "repeatable", method: "DELETE" } as const;
    return orGone(this.#nova.send({ ...call, path }));
  }

  /** Flavors of this id or exact name. */
  async flavors(idOrName: string): Promise<string[]> {
    const page = z.pipe(
      z.looseObject({ flavors: entries(namedEntry), flavors_links: z.optional(z.unknown()) }),
      z.transform(({ flavors, flavors_links: links }) => ({
        items: flavors,
        next: nextByMarker(flavors, links),
      })),
    );
    const call = { operation: "listFlavors", path: "/flavors/detail", query: {} };
    const found = await everyPage(this.#nova, call, page);
    return matching(found, idOrName);
  }

  /** Images of this id or exact name that these credentials can see. */
  async images(idOrName: string): Promise<string[]> {
    if (isCloudId(idOrName) && /^[0-9a-f-]{32,36}$/.test(idOrName)) {
      const call = { operation: "getImage", effect: "read", method: "GET" } as const;
      const path = `/images/${segment(idOrName)}`;
      const answer = await orNull(this.#glance.send({ ...call, path }));
      if (answer !== null) return [answer.read(z.looseObject({ id })).id];
    }
    const answer = await this.#read(this.#glance, "listImages", "/images", { name: idOrName });
    const { images } = answer.read(z.looseObject({ images: entries(namedEntry) }));
    return matching(images, idOrName);
  }

  async markedServers(): Promise<Marked[]> {
    const query = { name: "^regild-doctor-" };
    const answer = await this.#read(this.#nova, "listServers", "/servers/detail", query);
    const { servers } = answer.read(z.looseObject({ servers: entries(serverEntry) }));
    return servers.map(({ id, name, metadata }) => ({ id, name, mark: textIn(metadata) }));
  }

  /** Hidden ones too. Only the first page: no project has hundreds of them. */
  async markedImages(): Promise<Marked[]> {
    const owner = await this.#glance.projectId();
    const found: Marked[] = [];
    for (const os_hidden of ["false", "true"]) {
      const query = { [IMAGE_FLAG.name]: IMAGE_FLAG.value, owner, os_hidden };
      const answer = await this.#read(this.#glance, "listImages", "/images", query);
      const { images } = answer.read(z.looseObject({ images: entries(imageEntry) }));
      found.push(...images.map((one) => ({ id: one.id, name: one.name ?? "", mark: textIn(one) })));
    }
    return found;
  }

  #read(service: Service, operation: string, path: string, query: Record<string, string>) {
    return service.send({ operation, effect: "read", method: "GET", path, query });
  }

  #create(service: Service, operation: string, path: string, body: unknown) {
    const call: ServiceCall = { operation, effect: "once", method: "POST", path };
    return service.send({ ...call, body: () => body });
  }
}

function textIn(texts: Record<string, unknown>): string | undefined {
  const mark = texts[MARK_KEY];
  return typeof mark === "string" ? mark : undefined;
}

function matching(found: Array<{ id: string; name: string }>, idOrName: string): string[] {
  const byId = found.filter((one) => one.id === idOrName);
  const some = byId.length > 0 ? byId : found.filter(({ name }) => name === idOrName);
  return [...new Set(some.map((one) => one.id))];
}
