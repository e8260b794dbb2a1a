import { randomUUID } from "node:crypto";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import type { Http, HttpRequest, HttpResponse } from "../../shared/ports.ts";

/** How the catalog shows the second zone's image service. */
export type SecondZone = "a region" | "an endpoint" | "a service";

export interface K5Image {
  id: string;
  name: string;
  status: string;
  size: number;
  properties: Record<string, string>;
  tags: string[];
}

interface Upload {
  /** Seconds from the request until the image is active. */
  seconds: number;
  /** Seconds from active until zone 2 has it; null: never. */
  registersAfter: number | null;
  /** Reported by the zone that made the image, so many seconds after active. */
  reason: { after: number; key: string; text: string } | null;
}

/**
 * A cloud as the K5 API reference describes it ("Create image" of the volume API): images are made of volumes in zone 1,
 * registered to zone 2 afterwards, and a registration that fails is reported as a property of the image in zone 1.
 * Written from that document, and independent of the simulated cloud: identity v3, volume v2 without microversions.
 */
export class K5Cloud {
  nowMs: number;
  readonly zones = [new Map<string, K5Image>(), new Map<string, K5Image>()] as const;
  readonly volumes = new Map<string, { status: string; attachedTo: string | null }>();
  readonly snapshots = new Map<string, { name: string; volumeId: string }>();
  readonly servers = new Map<string, { name: string; status: string }>();
  readonly requests: string[] = [];
  /** Bodies of each request for an image. */
  readonly uploads: Array<Record<string, unknown>> = [];
  /** Of the uploads to come, in order; the last one goes for all that follow. */
  plans: Upload[] = [{ seconds: 30, registersAfter: 5, reason: null }];
  deletesTravel = true;
  /** Zones whose image service answers 503. */
  down = new Set<number>();
  /** Images that zone 1 has room for. */
  room = 100;
  secondZone: SecondZone;
  readonly #due: Array<{ atMs: number; happens: () => void }> = [];

  constructor(nowMs: number, secondZone: SecondZone = "a region") {
    this.nowMs = nowMs;
    this.secondZone = secondZone;
  }

  readonly http: Http = { send: async (request) => this.#answer(request) };

  get config(): CloudConfig {
    const domain = { name: "Default" };
    return {
      name: "k5",
      authUrl: "http://identity.k5/v3",
      auth: {
        kind: "password",
        user: { name: "demo", domain },
        password: "demo-secret",
        project: { name: "demo", domain },
      },
      regionNames: ["jp-east-1a"],
      interfaces: ["public"],
      services: {},
      endpointOverrides: {},
      tls: { cacert: null, cert: null, key: null, verify: true },
      proxy: null,
      variants: new Map(),
    };
  }

  addVolume(is: { status?: string; attachedTo?: string } = {}): string {
    const id = randomUUID();
    this.volumes.set(id, { status: is.status ?? "available", attachedTo: is.attachedTo ?? null });
    return id;
  }

  addServer(name: string): string {
    const id = randomUUID();
    this.servers.set(id, { name, status: "ACTIVE" });
    return id;
  }

  /** Lets everything happen that is due by now. */
  settle(): void {
    this.#due.sort((a, b) => a.atMs - b.atMs);
    while ((this.#due[0]?.atMs ?? Infinity) <= this.nowMs) this.#due.shift()?.happens();
  }

  /** Happens so much later. */
  after(seconds: number, happens: () => void): void {
    this.#due.push({ atMs: this.nowMs + seconds * 1000, happens });
  }

  #answer(request: HttpRequest): HttpResponse {
    this.settle();
    const { hostname, pathname } = new URL(request.url);
    this.requests.push(`${request.method} ${hostname}${pathname}`);
    const body: unknown = request.body === undefined ? null : JSON.parse(request.body);
    switch (hostname) {
      case "identity.k5":
        return answer(201, this.#token(), { "x-subject-token": "token" });
      case "volume.k5":
        return this.#volume(request.method, pathname.replace(`/v2/${PROJECT}`, ""), body);
      case "compute.k5":
        return this.#compute(request.method, pathname.replace(`/v2/${PROJECT}`, ""), body);
      case "image1.k5":
        return this.#image(0, request.method, pathname, body);
      case "image2.k5":
        return this.#image(1, request.method, pathname, body);
      default:
        return answer(404, {});
    }
  }

  #token() {
    const first = "jp-east-1a";
    const second = this.secondZone === "a region" ? "jp-east-1b" : first;
    const at = (region: string, url: string) => ({
      interface: "public",
      region,
      region_id: region,
      url,
    });
    const [image1, image2] = [at(first, "http://image1.k5"), at(second, "http://image2.k5")];
    const services = this.secondZone === "a service" ? [[image1], [image2]] : [[image1, image2]];
    return {
      token: {
        methods: ["password"],
        issued_at: new Date(this.nowMs).toISOString(),
        // Tokens of K5 last three hours.
        expires_at: new Date(this.nowMs + 3 * 3_600_000).toISOString(),
        project: { id: PROJECT, name: "demo", domain: { id: "default", name: "Default" } },
        user: { id: "user", name: "demo", domain: { id: "default", name: "Default" } },
        roles: [{ id: "role", name: "cpf_systemowner" }],
        catalog: [
          { type: "compute", endpoints: [at(first, `http://compute.k5/v2/${PROJECT}`)] },
          { type: "volumev2", endpoints: [at(first, `http://volume.k5/v2/${PROJECT}`)] },
          ...services.map((endpoints) => ({ type: "image", endpoints })),
        ],
      },
    };
  }

  #compute(method: string, path: string, body: unknown): HttpResponse {
    const [, , id = "", action] = path.split("/");
    const server = this.servers.get(id);
    if (id === "detail") {
      const servers = [...this.servers.keys()].map((known) => this.#serverBody(known));
      return answer(200, { servers });
    }
    if (server === undefined) return answer(404, { itemNotFound: { message: "none", code: 404 } });
    if (method === "GET") return answer(200, { server: this.#serverBody(id) });
    if (action !== "action" || typeof body !== "object" || body === null) return answer(404, {});
    server.status = "os-stop" in body ? "SHUTOFF" : "ACTIVE";
    return answer(202, "");
  }

  #serverBody(id: string) {
    const { name, status } = this.servers.get(id) ?? { name: "", status: "" };
    const attached = [...this.volumes].filter(([, volume]) => volume.attachedTo === id);
    return {
      id,
      name,
      status,
      "OS-EXT-STS:task_state": null,
      tenant_id: PROJECT,
      image: "",
      "os-extended-volumes:volumes_attached": attached.map(([volume]) => ({ id: volume })),
    };
  }

  #volume(method: string, path: string, body: unknown): HttpResponse {
    const [, kind, id = "", action] = path.split("/");
    if (kind === "snapshots") return this.#snapshot(method, id);
    if (kind !== "volumes") return answer(404, {});
    if (id === "detail") {
      const volumes = [...this.volumes.keys()].map((known) => this.#volumeBody(known));
      return answer(200, { volumes });
    }
    const volume = this.volumes.get(id);
    if (volume === undefined) return answer(404, { itemNotFound: { message: "none", code: 404 } });
    if (method === "GET") return answer(200, { volume: this.#volumeBody(id) });
    if (action !== "action" || !isUpload(body)) return answer(400, {});
    return this.#upload(id, body["os-volume_upload_image"]);
  }

  #volumeBody(id: string) {
    const { status, attachedTo } = this.volumes.get(id) ?? { status: "", attachedTo: null };
    return {
      id,
      name: "golden",
      status,
      size: 2,
      bootable: "true",
      attachments:
        attachedTo === null
          ? []
          : [{ server_id: attachedTo, device: "/dev/vda", id, volume_id: id }],
      snapshot_id: null,
      metadata: {},
    };
  }

  #snapshot(method: string, id: string): HttpResponse {
    if (id === "detail") {
      const snapshots = [...this.snapshots.keys()].map((known) => this.#snapshotBody(known));
      return answer(200, { snapshots });
    }
    if (!this.snapshots.has(id)) return answer(404, {});
    if (method === "GET") return answer(200, { snapshot: this.#snapshotBody(id) });
    this.snapshots.delete(id);
    return answer(202, "");
  }

  #snapshotBody(id: string) {
    const { name, volumeId } = this.snapshots.get(id) ?? { name: "", volumeId: "" };
    const created_at = "2026-11-22T04:00:00.000000";
    return {
      id,
      name,
      volume_id: volumeId,
      status: "available",
      size: 2,
      metadata: {},
      created_at,
    };
  }

  #upload(volumeId: string, asked: Record<string, unknown>): HttpResponse {
    this.uploads.push(asked);
    const volume = this.volumes.get(volumeId);
    if (volume === undefined) return answer(404, {});
    const before = volume.status;
    const isForced = asked["force"] === true || asked["force"] === "True";
    if (before !== "available" && !(before === "in-use" && isForced))
      return answer(400, { badRequest: { message: "Invalid volume status", code: 400 } });
    if (this.zones[0].size >= this.room)
      return answer(413, { overLimit: { message: "Image quota exceeded", code: 413 } });
    const plan = (this.plans.length > 1 ? this.plans.shift() : this.plans[0]) ?? NEVER;
    const image: K5Image = {
      id: randomUUID(),
      name: String(asked["image_name"]),
      status: "saving",
      size: 2 * 2 ** 30,
      properties: {},
      tags: [],
    };
    volume.status = "uploading";
    this.zones[0].set(image.id, image);
    this.after(plan.seconds, () => {
      image.status = "active";
      volume.status = before;
      this.#register(image, plan);
    });
    return answer(202, {
      "os-volume_upload_image": {
        status: "uploading",
        image_id: image.id,
        image_name: image.name,
        // An object, as in the document's example.
        volume_type: { name: "M1", qos_specs_id: null, deleted: false, id: randomUUID() },
        container_format: "bare",
        size: 2,
        disk_format: "raw",
        id: volumeId,
        display_description: null,
        updated_at: "2015-04-30T06:31:31.000000",
      },
    });
  }

  #register(image: K5Image, { registersAfter, reason }: Upload): void {
    if (registersAfter !== null)
      this.after(registersAfter, () => {
        if (!this.zones[0].has(image.id)) return;
        this.zones[1].set(image.id, { ...image, properties: {}, tags: [] });
      });
    if (reason !== null)
      this.after(reason.after, () => {
        image.properties[reason.key] = reason.text;
      });
  }

  #image(zone: 0 | 1, method: string, path: string, body: unknown): HttpResponse {
    if (this.down.has(zone)) return answer(503, "Service Unavailable");
    const images = this.zones[zone];
    if (path === "/" || path === "/v2/") return answer(300, { versions: VERSIONS });
    const [, , , id = "", tags, tag] = path.split("/");
    if (method === "POST") return answer(403, { message: "Image IDs are given by the service" });
    if (id === "") return answer(200, { images: [...images.values()].map(imageBody) });
    const image = images.get(id);
    if (image === undefined) return answer(404, { message: `No image found with ID ${id}` });
    if (method === "GET") return answer(200, imageBody(image));
    if (tags === "tags") return tagged(image, method, decodeURIComponent(tag ?? ""));
    if (method === "PATCH") return patched(image, body);
    images.delete(id);
    const other = this.zones[zone === 0 ? 1 : 0];
    if (this.deletesTravel) other.delete(id);
    return answer(204, "");
  }
}

const PROJECT = "9ef6c1c8a2e74a4f9d1b3a0f0c8e7d61";
const NEVER: Upload = { seconds: 1e9, registersAfter: null, reason: null };
const VERSIONS = [{ id: "v2.3", status: "CURRENT", links: [] }];

function isUpload(body: unknown): body is { "os-volume_upload_image": Record<string, unknown> } {
  return typeof body === "object" && body !== null && "os-volume_upload_image" in body;
}

function imageBody({ id, name, status, size, properties, tags }: K5Image) {
  return {
    ...properties,
    id,
    name,
    status,
    size: status === "active" ? size : null,
    owner: PROJECT,
    visibility: "private",
    protected: false,
    tags,
    min_disk: 0,
    min_ram: 0,
    disk_format: "raw",
    container_format: "bare",
    created_at: "2026-11-22T05:00:00Z",
    updated_at: "2026-11-22T05:00:00Z",
  };
}

function tagged(image: K5Image, method: string, tag: string): HttpResponse {
  const others = image.tags.filter((known) => known !== tag);
  if (method === "DELETE" && others.length === image.tags.length) return answer(404, {});
  image.tags = method === "PUT" ? [...others, tag] : others;
  return answer(204, "");
}

function patched(image: K5Image, body: unknown): HttpResponse {
  for (const { op, path, value } of Array.isArray(body) ? body : []) {
    const key = String(path).slice(1);
    if (key === "name") image.name = String(value);
    else if (op === "remove") delete image.properties[key];
    else if (key !== "visibility" && key !== "os_hidden") image.properties[key] = String(value);
  }
  return answer(200, imageBody(image));
}

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    kind: "response",
    status,
    headers: { "x-openstack-request-id": "req-k5", ...headers },
    text,
  };
}
