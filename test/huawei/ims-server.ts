import { randomUUID } from "node:crypto";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import type { Http, HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { CbrServer, type Clock } from "./cbr-server.ts";
import { FarRegion } from "./far-region.ts";
import { ImageApi, type ImageRequest, type ImsImage } from "./image-api.ts";
import { answer, imsError } from "./json-answer.ts";

interface Job {
  type:
    | "imsCreateImageByInstance"
    | "imsCreateWholeImageByInstanceJob"
    | "imsVolumeCreateImageJob"
    | "imsVolumesToSysDataImagesJob"
    | "imsNativeExportImageJob"
    | "imsCopyImageInRegionJob"
    /** The document does not tell the name of this type. */
    | "imsCopyImageCrossRegionJob";
  status: "INIT" | "RUNNING" | "SUCCESS" | "FAIL";
  /** What it makes: an image, or one of each data disk. */
  parts: Part[];
  /** Of a full-ECS image. Null: it is none. */
  backup: { vaultId: string; serverId: string } | null;
  /** Of a copy, the key that it is encrypted with. Absent: it is none. */
  key?: string;
}

interface Part {
  name: string;
  imageId: string | null;
  error: { code: string; reason: string } | null;
}

/** A volume that is attached to a server. */
interface AttachedDisk {
  name: string;
  serverId: string;
  device: string | null;
  bootable: boolean;
  sizeGib?: number;
  /** The image that it was made of. */
  imageId?: string;
  /** A further server that has it. */
  alsoOf?: string;
}

interface Fails {
  code: string;
  reason: string;
  leavesImage: boolean;
  /** Of a full-ECS image: its backup stays, and belongs to no image. */
  leavesBackup?: boolean;
  /** Of data disks: only the image of this one fails, counted from 0. Left out: all do. */
  ofDisk?: number;
  /** Of data disks: the job as a whole shows SUCCESS, and its part FAIL. */
  onlyInPart?: boolean;
}

/** What becomes of the jobs to come, in order; the last one goes for all that follow. */
export interface JobPlan {
  /** Seconds from the request until the image's record is there, and from then until the job ends. */
  recordAfter: number;
  seconds: number;
  fails: Fails | null;
  /** Seconds that the backup of a full-ECS image takes longer than the job: until then it is `protecting`. */
  backupSeconds?: number;
}

/** Of "Exporting an Image". `is_quick_export` goes without a format. */
interface ExportRequest {
  bucket_url?: unknown;
  file_format?: unknown;
  is_quick_export?: unknown;
}

const COPY = /^\/v1\/cloudimages\/([^/]+)\/copy$/u;
const FAR_COPY = /^\/v1\/cloudimages\/([^/]+)\/cross_region_copy$/u;
const EXPORT = /^\/v1\/cloudimages\/([^/]+)\/file$/u;
const CREATES = ["/v2/cloudimages/action", "/v1/cloudimages/wholeimages/action"];
const LOST = { kind: "failure", sent: true, reason: "connection reset" } as const;

const PROJECT = "089b2f9a3d80d3062f24c00ca4ed5cbd";

/**
 * A region of Open Telekom Cloud as its API references describe it: identity, ECS on its `/v2/{project_id}` URI, and the
 * Image Management Service. Written from those documents, and independent of the simulated cloud.
 */
export class ImsServer {
  nowMs: number;
  readonly #api = new ImageApi(PROJECT, {
    refusal: (image) => this.#deleteRefusal(image),
    deleted: (image, body) => this.#release(image, body),
  });
  readonly images = this.#api.images;
  /** Another region, where copies of images may be. */
  readonly far: FarRegion;
  readonly jobs = new Map<string, Job>();
  readonly servers = new Map<string, { name: string; status: string; task: string | null }>();
  readonly disks = new Map<string, AttachedDisk>();
  /** Bodies of each request for an image. */
  readonly asked: Array<Record<string, unknown>> = [];
  readonly requests: string[] = [];
  plans: JobPlan[] = [{ recordAfter: 3, seconds: 300, fails: null }];
  /** Refusals of the next requests for an image, in order. Null: it is taken. */
  refusals: Array<{ status: number; code: string; message: string } | null> = [];
  /** Answers of the next requests for an image that get lost, after they were done. */
  lostAnswers = 0;
  quota = 20;
  hasIms = true;
  readonly cbr: CbrServer;
  hasCbr = true;
  /** False: full-ECS images do not name their backup. */
  namesBackups = true;
  /** False: IMS takes `delete_backup`, and the backup stays. */
  deletesBackups = true;
  /** Of KMS. */
  readonly keys = new Set<string>();
  /** Bodies of each request for a copy. */
  readonly copies: Array<Record<string, unknown>> = [];
  /** Error codes that the next requests for a copy are answered with. */
  copyRefusals: string[] = [];
  /** Answers of the next requests for a copy that get lost, after they were done. */
  lostCopies = 0;
  /** What becomes of the jobs of copies to come, in order. None: they succeed. */
  copyPlans: JobPlan[] = [];
  /** Of IAM, by name. */
  readonly agencies = new Set(["ims_copy_image"]);
  /** Bodies of each request for a copy in another region. */
  readonly farCopies: Array<Record<string, unknown>> = [];
  /** Error codes that the next requests for a copy in another region are answered with. */
  farCopyRefusals: string[] = [];
  /** Answers of the next requests for a copy in another region that get lost, after they were done. */
  lostFarCopies = 0;
  /** What becomes of the jobs of copies in another region to come, in order. None: they succeed. */
  farCopyPlans: JobPlan[] = [];
  /** False: IMS says nothing of a copy's key. */
  tellsKeys = true;
  /** Of OBS: which image is in which file, by bucket and file name. */
  readonly buckets = new Map<string, Map<string, string>>();
  /** Bodies of each request for an export. */
  readonly exports: ExportRequest[] = [];
  /** Error codes that the next requests for an export are answered with. */
  exportRefusals: string[] = [];
  /** Answers of the next requests for an export that get lost, after they were done. */
  lostExports = 0;
  /** How long an export takes, and what the next ones fail for. */
  exportSeconds = 600;
  exportFailures: Array<{ code: string; reason: string }> = [];
  /** Error codes that the next deletes of images are answered with. */
  deleteRefusals: string[] = [];
  /** Answers of the next deletes of images that get lost, after they were done. */
  lostDeletes = 0;
  #due: Array<{ atMs: number; happens: () => void }> = [];

  constructor(nowMs: number) {
    this.nowMs = nowMs;
    const now = (): number => this.nowMs;
    const clock: Clock = {
      get nowMs() {
        return now();
      },
      after: (seconds, happens) => this.#after(seconds, happens),
    };
    this.cbr = new CbrServer(PROJECT, clock);
    this.far = new FarRegion(clock);
  }

  readonly http: Http = {
    send: async (request) => {
      this.settle();
      const fromFar = this.far.answer(request);
      if (fromFar !== null) return fromFar;
      const { pathname } = new URL(request.url);
      this.requests.push(`${request.method} ${pathname}`);
      const response = this.#answer(request);
      const isCreate = CREATES.includes(pathname);
      const isDelete = request.method === "DELETE" && /\/images\/[^/]+$/u.test(pathname);
      if (isCreate && this.lostAnswers > 0) {
        this.lostAnswers -= 1;
        return LOST;
      }
      if (COPY.test(pathname) && this.lostCopies > 0) {
        this.lostCopies -= 1;
        return LOST;
      }
      if (FAR_COPY.test(pathname) && this.lostFarCopies > 0) {
        this.lostFarCopies -= 1;
        return LOST;
      }
      if (EXPORT.test(pathname) && this.lostExports > 0) {
        this.lostExports -= 1;
        return LOST;
      }
      if (isDelete && this.lostDeletes > 0) {
        this.lostDeletes -= 1;
        return LOST;
      }
      return response;
    },
  };

  get config(): CloudConfig {
    return entry({ name: "otc", iam: "iam.otc", project: "eu-de_web", region: "eu-de" });
  }

  get farConfig(): CloudConfig {
    const { projectName: project, name: region } = this.far;
    return entry({ name: "otc-far", iam: "iam.far", project, region });
  }

  addDisk(name: string, serverId: string, is: Partial<AttachedDisk> = {}): string {
    const id = randomUUID();
    const others = [...this.disks.values()].filter((disk) => disk.serverId === serverId).length;
    const device = `/dev/vd${"bcdefgh"[others] ?? "z"}`;
    this.disks.set(id, { name, serverId, device, bootable: false, ...is });
    return id;
  }

  addServer(name: string, status = "ACTIVE"): string {
    const id = randomUUID();
    this.servers.set(id, { name, status, task: null });
    return id;
  }

  /** Lets everything happen that is due by now. */
  settle(): void {
    const nowMs = this.nowMs;
    for (;;) {
      const [next] = this.#due.toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > nowMs) break;
      this.#due = this.#due.filter((each) => each !== next);
      this.nowMs = next.atMs;
      next.happens();
    }
    this.nowMs = nowMs;
  }

  #after(seconds: number, happens: () => void): void {
    this.#due.push({ atMs: this.nowMs + seconds * 1000, happens });
  }

  #answer(request: HttpRequest): HttpResponse {
    const { hostname, pathname, searchParams } = new URL(request.url);
    const body: unknown = request.body === undefined ? null : JSON.parse(request.body);
    switch (hostname) {
      case "iam.otc":
        return answer(201, this.#token(), { "x-subject-token": "token" });
      case "ecs.otc":
        return this.#compute(request.method, pathname.replace(`/v2/${PROJECT}`, ""), body);
      case "evs.otc":
        return this.#volumes(pathname.replace(`/v2/${PROJECT}`, ""));
      case "cbr.otc":
        return this.cbr.answer(
          request.method,
          pathname.replace(`/v3/${PROJECT}`, ""),
          searchParams,
        );
      case "ims.otc":
        return this.#ims({ method: request.method, path: pathname, query: searchParams, body });
      default:
        return answer(404, {});
    }
  }

  #token(): unknown {
    const endpoint = (url: string) => [{ interface: "public", region: "eu-de", url }];
    return {
      token: {
        expires_at: new Date(this.nowMs + 86_400_000).toISOString(),
        issued_at: new Date(this.nowMs).toISOString(),
        project: { id: PROJECT, name: "eu-de_web" },
        roles: [{ name: "te_admin" }],
        catalog: [
          { type: "compute", endpoints: endpoint(`http://ecs.otc/v2/${PROJECT}`) },
          { type: "volumev2", endpoints: endpoint(`http://evs.otc/v2/${PROJECT}`) },
          { type: "image", endpoints: endpoint("http://ims.otc") },
          ...(this.hasCbr
            ? [{ type: "cbr", endpoints: endpoint(`http://cbr.otc/v3/${PROJECT}`) }]
            : []),
        ],
      },
    };
  }

  #compute(method: string, path: string, body: unknown): HttpResponse {
    const [, , id = "", action] = path.split("/");
    if (path.startsWith("/servers/detail") || path === "/servers")
      return answer(200, { servers: [...this.servers.keys()].map((each) => this.#show(each)) });
    const server = this.servers.get(id);
    if (server === undefined) return answer(404, { itemNotFound: { code: 404, message: id } });
    if (method === "GET") return answer(200, { server: this.#show(id) });
    if (action !== "action" || typeof body !== "object" || body === null) return answer(400, {});
    const isStop = "os-stop" in body;
    server.task = isStop ? "powering-off" : "powering-on";
    this.#after(isStop ? 20 : 5, () => {
      server.status = isStop ? "SHUTOFF" : "ACTIVE";
      server.task = null;
    });
    return answer(202, "");
  }

  #volumes(path: string): HttpResponse {
    const show = (id: string): unknown => {
      const is: Partial<AttachedDisk> = this.disks.get(id) ?? {};
      const { name = "", serverId = "", device, bootable } = is;
      const servers = [serverId, ...(is.alsoOf === undefined ? [] : [is.alsoOf])];
      const attachments = servers.map((one) => ({ server_id: one, volume_id: id, id, device }));
      const made = is.imageId === undefined ? {} : { image_id: is.imageId };
      return {
        id,
        name,
        size: is.sizeGib ?? 10,
        volume_image_metadata: made,
        status: "in-use",
        bootable: String(bootable),
        attachments,
        metadata: {},
        "os-vol-tenant-attr:tenant_id": PROJECT,
      };
    };
    const [, , id = ""] = path.split("/");
    if (this.disks.has(id)) return answer(200, { volume: show(id) });
    if (path.startsWith("/volumes")) {
      if (id !== "" && id !== "detail")
        return answer(404, { itemNotFound: { code: 404, message: id } });
      return answer(200, { volumes: [...this.disks.keys()].map(show) });
    }
    return answer(200, { snapshots: [] });
  }

  #show(id: string): unknown {
    const { name, status, task } = this.servers.get(id) ?? { name: "", status: "", task: null };
    return {
      id,
      name,
      status,
      "OS-EXT-STS:task_state": task,
      tenant_id: PROJECT,
      image: { id: "c2280a5f-159f-4489-a107-7cf0c7efdb21" },
      flavor: { id: "s3.medium.1" },
      metadata: {},
      "os-extended-volumes:volumes_attached": [...this.disks].flatMap(([disk, { serverId }]) =>
        serverId === id ? [{ id: disk }] : [],
      ),
    };
  }

  #ims(request: ImageRequest): HttpResponse {
    const { method, path, body } = request;
    if (CREATES.includes(path) && method === "POST" && this.hasIms) return this.#create(body, path);
    if (path === "/v1/cloudimages/quota" && this.hasIms) {
      const resource = { type: "image", used: this.images.size, quota: this.quota };
      return answer(200, { quotas: { resources: [{ ...resource, min: 1, max: 1000 }] } });
    }
    const copied = method === "POST" && this.hasIms ? COPY.exec(path)?.[1] : undefined;
    if (copied !== undefined)
      return this.#copy(copied, typeof body === "object" && body !== null ? { ...body } : {});
    const farCopied = method === "POST" && this.hasIms ? FAR_COPY.exec(path)?.[1] : undefined;
    if (farCopied !== undefined)
      return this.#copyToRegion(
        farCopied,
        typeof body === "object" && body !== null ? { ...body } : {},
      );
    const exported = method === "POST" && this.hasIms ? EXPORT.exec(path)?.[1] : undefined;
    if (exported !== undefined)
      return this.#export(exported, typeof body === "object" && body !== null ? body : {});
    const job = new RegExp(`^/v1/${PROJECT}/jobs/([^/]+)$`, "u").exec(path)?.[1];
    if (job !== undefined) return this.#job(job);
    return this.#api.answer(request);
  }

  #deleteRefusal({ id }: ImsImage): HttpResponse | null {
    const refusal = this.deleteRefusals.shift();
    if (refusal !== undefined) return imsError(refusal, "no");
    return this.#isBeingExported(id) ? imsError("IMG.0148", "The image is being exported.") : null;
  }

  /** "Deleting an Image": the backup of a full-ECS image stays, unless the request says `delete_backup`. */
  #release({ id: imageId, properties }: ImsImage, body: unknown): void {
    const isAsked =
      typeof body === "object" &&
      body !== null &&
      "delete_backup" in body &&
      body.delete_backup === true;
    const own = [...this.cbr.backups].filter(([, { imageIds }]) => imageIds.includes(imageId));
    for (const [id] of own) this.cbr.unlink(id);
    if (!isAsked || !this.deletesBackups) return;
    // By which of the two IMS finds the backup, the documents do not say.
    const named = properties["__backup_id"] || own[0]?.[0];
    if (named !== undefined) this.cbr.startDelete(named);
  }

  /** "Exporting an Image", then "Error Codes": an image is exported once at a time, and a file is not written over. */
  #export(imageId: string, request: ExportRequest): HttpResponse {
    this.exports.push(request);
    const refusal = this.exportRefusals.shift();
    if (refusal !== undefined) return imsError(refusal, "no");
    const { bucket_url: url, file_format: format, is_quick_export: isQuick } = request;
    const [, bucket = "", file = ""] = /^([^:]*):(.*)$/u.exec(String(url)) ?? [];
    const image = this.images.get(imageId);
    if (image === undefined) return imsError("IMG.0144", "The image does not exist.");
    if (image.properties["__whole_image"] === "true")
      return imsError("IMG.0130", "The full-ECS image cannot be exported or replicated.");
    if (image.properties["__imagetype"] !== "private")
      return imsError("IMG.0071", "The image cannot be exported.");
    const isKnown = ["qcow2", "vhd", "zvhd", "vmdk"].includes(String(format));
    if (isQuick === true ? format !== undefined : !isKnown)
      return imsError("IMG.0072", "The specified image format is not supported.");
    if (!/^[A-Za-z0-9._-]{1,128}$/u.test(file))
      return imsError("IMG.0075", "The file name contains invalid characters.");
    const files = this.buckets.get(bucket);
    if (files === undefined)
      return imsError("IMG.0069", "The specified bucket cannot be accessed.");
    if (this.#isBeingExported(imageId)) return imsError("IMG.0148", "The image is being exported.");
    if (files.has(file)) return imsError("IMG.0070", "The image file already exists.");
    const id = randomUUID().replaceAll("-", "");
    const part: Part = { name: image.name, imageId, error: null };
    const type = "imsNativeExportImageJob";
    const job: Job = { type, status: "RUNNING", parts: [part], backup: null };
    this.jobs.set(id, job);
    this.#after(this.exportSeconds, () => {
      part.error = this.exportFailures.shift() ?? null;
      job.status = part.error === null ? "SUCCESS" : "FAIL";
      if (part.error === null) files.set(file, imageId);
    });
    return answer(200, { job_id: id });
  }

  #isBeingExported(id: string): boolean {
    return [...this.jobs.values()].some(
      ({ type, status, parts }) =>
        type === "imsNativeExportImageJob" && status === "RUNNING" && parts[0]?.imageId === id,
    );
  }

  /** "Creating an Image": a name is given once in a project. */
  #create(body: unknown, path: string): HttpResponse {
    const fields: Record<string, unknown> =
      typeof body === "object" && body !== null ? { ...body } : {};
    this.asked.push(fields);
    const refusal = this.refusals.shift() ?? null;
    if (refusal !== null) return imsError(refusal.code, refusal.message, refusal.status);
    const isWhole = path.endsWith("/wholeimages/action");
    const { type, problem, ...asked } = isWhole ? this.#whole(fields) : this.#wanted(fields);
    const names: string[] = [];
    for (const name of asked.names) {
      if (typeof name !== "string" || name === "") return imsError("IMG.0013", "no name");
      if (name.length > 128)
        return imsError("IMG.0002", "The image name contains more than 128 characters.");
      names.push(name);
    }
    if (problem !== null) return problem;
    const isTaken = names.some((name) => this.#isTaken(name));
    if (isTaken || new Set(names).size < names.length)
      return imsError("IMG.0009", "The image name already exists.");
    if (this.images.size + names.length > this.quota)
      return imsError("IMG.0015", "The number of private images has reached the maximum allowed.");
    const id = randomUUID().replaceAll("-", "");
    const { instance_id: serverId, vault_id: vaultId } = fields;
    const backup =
      isWhole && typeof vaultId === "string" && typeof serverId === "string"
        ? { vaultId, serverId }
        : null;
    const parts = names.map((name): Part => ({ name, imageId: null, error: null }));
    const job: Job = { type, status: "INIT", parts, backup };
    this.jobs.set(id, job);
    const plan = (this.plans.length > 1 ? this.plans.shift() : this.plans[0]) ?? {
      recordAfter: 3,
      seconds: 300,
      fails: null,
    };
    this.#after(plan.recordAfter, () => this.#record(job, plan));
    return answer(200, { job_id: id });
  }

  #isTaken(name: string): boolean {
    return (
      [...this.images.values()].some((image) => image.name === name) ||
      [...this.jobs.values()].some(
        ({ type, status, parts }) =>
          type !== "imsCopyImageCrossRegionJob" &&
          status === "INIT" &&
          parts.some((part) => part.name === name),
      )
    );
  }

  /** "Replicating an Image Within a Region". */
  #copy(imageId: string, request: Record<string, unknown>): HttpResponse {
    this.copies.push(request);
    const refusal = this.copyRefusals.shift();
    if (refusal !== undefined) return imsError(refusal, "no");
    const { name, cmk_id: key } = request;
    const image = this.images.get(imageId);
    if (image?.status !== "active") return imsError("IMG.0144", "The image does not exist.");
    if (image.properties["__whole_image"] === "true")
      return imsError("IMG.0130", "The full-ECS image cannot be exported or replicated.");
    if (typeof name !== "string" || name === "") return imsError("IMG.0013", "no name");
    if (this.#isTaken(name)) return imsError("IMG.0009", "The image name already exists.");
    if (typeof key !== "string" || !this.keys.has(key))
      return imsError("IMG.0095", "The KMS key does not exist.");
    const id = randomUUID().replaceAll("-", "");
    const parts = [{ name, imageId: null, error: null }];
    const job: Job = { type: "imsCopyImageInRegionJob", status: "INIT", parts, backup: null, key };
    this.jobs.set(id, job);
    const plan = this.copyPlans.shift() ?? { recordAfter: 3, seconds: 300, fails: null };
    this.#after(plan.recordAfter, () => this.#record(job, plan));
    return answer(200, { job_id: id });
  }

  /**
   * "Replicating an Image Across Regions". It does not say that a name is taken once there, and so it is not. For its
   * constraints it names no codes.
   */
  #copyToRegion(imageId: string, request: Record<string, unknown>): HttpResponse {
    this.farCopies.push(request);
    const refusal = this.farCopyRefusals.shift();
    if (refusal !== undefined) return imsError(refusal, "no");
    const { name, region, project_name: project, agency_name: agency } = request;
    const image = this.images.get(imageId);
    if (image?.status !== "active") return imsError("IMG.0144", "The image does not exist.");
    if (image.properties["__whole_image"] === "true")
      return imsError("IMG.0130", "The full-ECS image cannot be exported or replicated.");
    const isThere = region === this.far.name && project === this.far.projectName;
    const isEncrypted = image.properties["__system__cmkid"] !== undefined;
    const mayWork = typeof agency === "string" && this.agencies.has(agency);
    if (typeof name !== "string" || name === "" || !isThere || !mayWork || isEncrypted)
      return imsError("IMG.0001", "The request message format is invalid.");
    const type = "imsCopyImageCrossRegionJob";
    const underWay = [...this.jobs.values()].filter(
      (job) => job.type === type && ["INIT", "RUNNING"].includes(job.status),
    );
    if (underWay.length >= 5) return imsError("IMG.0060", "The system is busy.");
    const id = randomUUID().replaceAll("-", "");
    const parts = [{ name, imageId: null, error: null }];
    const job: Job = { type, status: "INIT", parts, backup: null };
    this.jobs.set(id, job);
    const plan = this.farCopyPlans.shift() ?? { recordAfter: 3, seconds: 300, fails: null };
    this.#after(plan.recordAfter, () => this.#record(job, plan));
    return answer(200, { job_id: id });
  }

  /** Tables of "Creating an Image": of the system disk of a server, of its data disks, of a data disk with a system. */
  #wanted(fields: Record<string, unknown>) {
    const { instance_id: serverId, volume_id: volumeId, data_images: disks } = fields;
    if (Array.isArray(disks)) {
      const list: Array<{ name: unknown; volume_id: unknown }> = disks;
      const isMixed = serverId !== undefined || list.length === 0;
      const problem = isMixed
        ? imsError("IMG.0001", "The request message format is invalid.")
        : this.#disksProblem(list.map(({ volume_id: id }) => id));
      const names = list.map(({ name }) => name);
      return { type: "imsVolumesToSysDataImagesJob" as const, names, problem };
    }
    if (volumeId !== undefined) {
      const problem =
        typeof fields["os_version"] === "string"
          ? this.#diskProblem(volumeId)
          : imsError("IMG.0001", "The request message format is invalid.");
      return { type: "imsVolumeCreateImageJob" as const, names: [fields["name"]], problem };
    }
    const isThere = typeof serverId === "string" && this.servers.has(serverId);
    const problem = isThere ? null : imsError("IMG.0005", "The ECS does not exist.");
    return { type: "imsCreateImageByInstance" as const, names: [fields["name"]], problem };
  }

  /** "Creating a Full-ECS Image" of an ECS: with CBR, `vault_id` is mandatory. Then "Error Codes". */
  #whole({ name, instance_id: serverId, vault_id: vaultId }: Record<string, unknown>) {
    const type = "imsCreateWholeImageByInstanceJob" as const;
    if (typeof serverId !== "string" || !this.servers.has(serverId))
      return { type, names: [name], problem: imsError("IMG.0005", "The ECS does not exist.") };
    const refused = this.cbr.refusalOf(vaultId, serverId);
    return { type, names: [name], problem: refused === null ? null : imsError(...refused) };
  }

  /** "Error Codes": the disks of one request are of one ECS. */
  #disksProblem(ids: unknown[]): HttpResponse | null {
    const unknown = ids.map((id) => this.#diskProblem(id)).find((problem) => problem !== null);
    if (unknown !== undefined) return unknown;
    const servers = new Set(ids.map((id) => this.disks.get(String(id))?.serverId));
    return servers.size > 1
      ? imsError("IMG.0140", "The disks in the request come from different ECSs.")
      : null;
  }

  #diskProblem(id: unknown): HttpResponse | null {
    return typeof id === "string" && this.disks.has(id)
      ? null
      : imsError("IMG.0120", "The specified data disk ID is unavailable.");
  }

  #record(job: Job, plan: JobPlan): void {
    job.status = "RUNNING";
    for (const [nth, part] of job.parts.entries()) this.#recordPart(job, part, nth, plan);
  }

  #recordPart(
    job: Job,
    part: Part,
    nth: number,
    { seconds, fails: plan, backupSeconds = 0 }: JobPlan,
  ): void {
    const id = randomUUID();
    const { images } = job.type === "imsCopyImageCrossRegionJob" ? this.far : this;
    const fails = plan?.ofDisk === undefined || plan.ofDisk === nth ? plan : null;
    const backupId = job.backup === null ? null : this.cbr.backUp(job.backup, id);
    const properties: Record<string, string> = {
      __imagetype: "private",
      __isregistered: "true",
      __whole_image: String(backupId !== null),
      __backup_id: backupId === null || !this.namesBackups ? "" : backupId,
      ...(job.key !== undefined && this.tellsKeys ? { __system__cmkid: job.key } : {}),
    };
    const nowMs = this.nowMs;
    const about = {
      tags: [],
      properties,
      members: new Map(),
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
    const image: ImsImage = { id, name: part.name, status: "saving", ...about };
    images.set(id, image);
    this.#after(seconds, () => {
      if (fails !== null) {
        part.error = fails;
        if (backupId !== null) this.#backupEnds(backupId, fails);
        if (fails.leavesImage) image.status = "active";
        else images.delete(id);
      } else {
        if (backupId !== null) this.#after(backupSeconds, () => this.cbr.complete(backupId));
        image.status = "active";
        image.updatedAtMs = this.nowMs;
        image.properties["__image_size"] = "1073741824";
        part.imageId = id;
      }
      const isLast = job.parts.every(({ imageId, error }) => imageId !== null || error !== null);
      const hasFailed = job.parts.some(({ error }) => error !== null);
      if (isLast) job.status = hasFailed && plan?.onlyInPart !== true ? "FAIL" : "SUCCESS";
    });
  }

  /** The documents do not say what a failed job does with its backup: the plan says it. */
  #backupEnds(id: string, { leavesImage, leavesBackup = false }: Fails): void {
    this.cbr.complete(id);
    if (leavesBackup) this.cbr.unlink(id);
    else if (!leavesImage) this.cbr.backups.delete(id);
  }

  #job(id: string): HttpResponse {
    const job = this.jobs.get(id);
    if (job === undefined) return answer(404, { error: { message: "no job", code: "IMG.0027" } });
    const { type, status, parts } = job;
    const times = { begin_time: "2026-11-22T05:00:00.000Z", end_time: null };
    const whole = { job_id: id, job_type: type, status, ...times };
    if (type !== "imsVolumesToSysDataImagesJob") {
      const [one] = parts.map(told);
      return answer(200, { ...whole, ...one?.outcome, entities: one?.image });
    }
    const subIds = parts.map((_, nth) => `${id.slice(1)}${nth}`);
    // The document does not promise an order.
    const results = parts.toReversed().map((part, nth) => ({
      ...whole,
      ...told(part).outcome,
      status: partStatus(job, part),
      job_id: subIds.at(-1 - nth),
      job_type: "imsCopyVolumeToImageJob",
      entities: told(part).image,
    }));
    const entities = { sub_jobs_result: results, sub_jobs_list: subIds };
    return answer(200, { ...whole, error_code: null, fail_reason: null, entities });
  }
}

/** Of clouds.yaml. */
function entry(is: { name: string; iam: string; project: string; region: string }): CloudConfig {
  const domain = { name: "OTC00000000001000000001" };
  return {
    name: is.name,
    authUrl: `http://${is.iam}/v3`,
    auth: {
      kind: "password",
      user: { name: "demo", domain },
      password: "demo-secret",
      project: { name: is.project, domain },
    },
    regionNames: [is.region],
    interfaces: ["public"],
    services: {},
    endpointOverrides: {},
    tls: { cacert: null, cert: null, key: null, verify: true },
    proxy: null,
    variants: new Map(),
  };
}

function told({ name, imageId, error }: Part) {
  return {
    outcome: { error_code: error?.code ?? null, fail_reason: error?.reason ?? null },
    image: imageId === null ? {} : { image_id: imageId, image_name: name },
  };
}

function partStatus({ status }: Job, { imageId, error }: Part): Job["status"] {
  if (error !== null) return "FAIL";
  return imageId !== null ? "SUCCESS" : status;
}
