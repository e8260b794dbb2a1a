import type { HttpRequest } from "../../../shared/ports.ts";
import type { IntentKind } from "../../../shared/run/record.ts";
import type { ThingKind } from "./things.ts";

/** A request in the words of this model. */
export type Asked = { method: string; path: string; token: string } &
  /** `imageId`: the id that the image is to have. */
  (
    | { kind: "create"; intent: IntentKind; name: string; source: string; imageId: string | null }
    /** An empty image of that id, so that no other can have it. */
    | { kind: "fence"; image: string; name: string }
    /** In another image service: the record of a copy, the request for its content, the content, or an empty image of that id. */
    | { kind: "copy" | "fetch" | "stream" | "close"; image: string }
    /** `to`: the bucket and the file of OBS. */
    | { kind: "export"; image: string; to: string }
    | { kind: "detach" | "attach"; server: string; volume: string }
    | { kind: "revert"; volume: string }
    | { kind: "stop" | "start" | "delete-server"; server: string }
    /** `withBackup`: of a full-server image, so that its backup goes as well. */
    | { kind: "delete"; of: ThingKind; id: string; withBackup: boolean }
    | { kind: "tag" | "untag"; image: string; tag: string }
    | { kind: "share" | "unshare" | "accept"; image: string; project: string }
    | { kind: "patch"; image: string; body: string }
    | { kind: "observation"; of: ThingKind; id: string }
    /** The first page of all there are. */
    | { kind: "list"; of: ThingKind; /** Of the image service; else empty. */ zone: string }
    /** A further page of a list. */
    | { kind: "page"; of: ThingKind }
    | { kind: "other" }
  );

const ZONE = /^\/image\/([^/]+)\//;

/** How the names of the empty images begin that use an id up. */
export const FENCE = "regild-fence-";

const KINDS: Record<string, ThingKind> = {
  images: "image",
  snapshots: "snapshot",
  volumes: "volume",
  backups: "backup",
};

const IMAGE_BY_IMS = /\/cloudimages(?:\/wholeimages)?\/action$/;
const COPY_BY_IMS = /\/cloudimages\/([^/]+)\/(copy|cross_region_copy)$/;
const EXPORT_BY_IMS = /\/cloudimages\/([^/]+)\/file$/;
const ACTION = /\/(?:servers|volumes)\/([^/]+)\/action$/;
const SERVER = /\/servers\/([0-9a-f-]{36})$/;
const CONTENT = /\/images\/([^/]+)\/file$/;
const IMPORT = /\/images\/([^/]+)\/import$/;
/** Images are made in the first zone. */
const ELSEWHERE = /\/image\/az2\//;
const ATTACHMENT = /\/servers\/([^/]+)\/os-volume_attachments(?:\/([^/]+))?$/;
const SERVERS = /\/servers$/;
const TAG = /\/images\/([^/]+)\/tags\/([^/]+)$/;
const MEMBER = /\/images\/([^/]+)\/members(?:\/([^/]+))?$/;
const ONE = /\/(images|snapshots|volumes|backups)\/([0-9a-f-]{36})$/;
const ALL = /\/(images|snapshots|volumes|backups)(?:\/detail)?$/;

export function readRequest({ method, url, headers, body = "" }: HttpRequest): Asked {
  const path = pathOf(url);
  const about = { method, path, token: headers["x-auth-token"] ?? "" };
  const [, one = "", id = ""] = ONE.exec(path) ?? [];
  const of = KINDS[one];
  if (of !== undefined) {
    if (method === "GET") return { ...about, kind: "observation", of, id };
    if (method === "DELETE")
      return { ...about, kind: "delete", of, id, withBackup: body.includes("delete_backup") };
    return method === "PATCH"
      ? { ...about, kind: "patch", image: id, body }
      : { ...about, kind: "other" };
  }
  const server = method === "DELETE" ? SERVER.exec(path)?.[1] : undefined;
  if (server !== undefined) return { ...about, kind: "delete-server", server };
  const all = KINDS[ALL.exec(path)?.[1] ?? ""];
  if (all !== undefined) {
    if (method === "GET") {
      if (/[?&]marker=/.test(url)) return { ...about, kind: "page", of: all };
      return isPart(url)
        ? { ...about, kind: "other" }
        : { ...about, kind: "list", of: all, zone: ZONE.exec(path)?.[1] ?? "" };
    }
    const created = method === "POST" ? creation(all, body, path) : null;
    return created === null ? { ...about, kind: "other" } : { ...about, ...created };
  }
  const [, holder, taken = ""] = ATTACHMENT.exec(path) ?? [];
  if (holder !== undefined && method === "DELETE")
    return { ...about, kind: "detach", server: holder, volume: taken };
  if (holder !== undefined && method === "POST") {
    const { volumeAttachment }: Body = JSON.parse(body);
    const volume = volumeAttachment?.volumeId ?? "";
    return { ...about, kind: "attach", server: holder, volume };
  }
  const [, shared, project = ""] = MEMBER.exec(path) ?? [];
  if (shared !== undefined) return { ...about, ...membership(method, shared, project, body) };
  if (method === "POST" && SERVERS.test(path)) return { ...about, ...booting(body) };
  if (method === "POST" && IMAGE_BY_IMS.test(path)) return { ...about, ...imageByIms(body) };
  const [, copied, way] = method === "POST" ? (COPY_BY_IMS.exec(path) ?? []) : [];
  if (copied !== undefined) {
    const { name = "" }: Body = JSON.parse(body);
    const intent = way === "copy" ? "copy-image" : "copy-to-region";
    return { ...about, kind: "create", intent, name, source: copied, imageId: null };
  }
  const exported = method === "POST" ? EXPORT_BY_IMS.exec(path)?.[1] : undefined;
  if (exported !== undefined) {
    const { bucket_url: to = "" }: Body = JSON.parse(body);
    return { ...about, kind: "export", image: exported, to };
  }
  const fetched = method === "POST" ? IMPORT.exec(path)?.[1] : undefined;
  // Asks for a store that no cloud has, to hear whether the policy allows it.
  if (fetched !== undefined && body.includes("regild-asks")) return { ...about, kind: "other" };
  if (fetched !== undefined) return { ...about, kind: "fetch", image: fetched };
  const sent = method === "PUT" ? CONTENT.exec(path)?.[1] : undefined;
  if (sent !== undefined) return { ...about, kind: "stream", image: sent };
  if (method === "POST") {
    const acted = action(ACTION.exec(path)?.[1] ?? "", body);
    return acted === null ? { ...about, kind: "other" } : { ...about, ...acted };
  }
  const [, image = "", tag = ""] = TAG.exec(path) ?? [];
  if (image === "" || (method !== "PUT" && method !== "DELETE")) return { ...about, kind: "other" };
  return {
    ...about,
    kind: method === "PUT" ? "tag" : "untag",
    image,
    tag: decodeURIComponent(tag),
  };
}

const MEMBERSHIP = { PUT: "accept", DELETE: "unshare" } as const;

function membership(method: string, image: string, member: string, body: string) {
  const project = decodeURIComponent(member);
  if (method === "PUT" || method === "DELETE") return { kind: MEMBERSHIP[method], image, project };
  if (method !== "POST") return { kind: "other" } as const;
  const { member: added = "" }: Body = JSON.parse(body);
  return { kind: "share", image, project: added } as const;
}

interface Body {
  id?: string;
  name?: string;
  member?: string;
  bucket_url?: string;
  instance_id?: string;
  volume_id?: string;
  data_images?: Array<{ name: string; volume_id: string }>;
  createImage?: { name: string; metadata?: Record<string, string> };
  "os-volume_upload_image"?: { image_name: string };
  volumeAttachment?: { volumeId: string };
  revert?: { snapshot_id: string };
  "os-stop"?: null;
  "os-start"?: null;
  snapshot?: { name: string; volume_id: string };
  volume?: { name: string; snapshot_id: string };
  server?: {
    name: string;
    imageRef?: string;
    block_device_mapping_v2?: Array<{ uuid: string }>;
  };
}

function action(id: string, text: string) {
  if (id === "") return null;
  const body: Body = JSON.parse(text);
  if (body.createImage !== undefined) {
    const { name, metadata } = body.createImage;
    const imageId = metadata?.["id"] ?? null;
    return { kind: "create", intent: "create-image", name, source: id, imageId } as const;
  }
  const upload = body["os-volume_upload_image"];
  if (upload !== undefined)
    return {
      kind: "create",
      intent: "upload-image",
      name: upload.image_name,
      source: id,
      imageId: null,
    } as const;
  if (body.revert !== undefined) return { kind: "revert", volume: id } as const;
  if ("os-stop" in body) return { kind: "stop", server: id } as const;
  return "os-start" in body ? ({ kind: "start", server: id } as const) : null;
}

function creation(of: ThingKind, text: string, path: string) {
  const { snapshot, volume, id, name: image }: Body = JSON.parse(text);
  if (of === "image") {
    if (id === undefined) return null;
    if (!ELSEWHERE.test(path)) return { kind: "fence", image: id, name: image ?? "" } as const;
    return { kind: image?.startsWith(FENCE) === true ? "close" : "copy", image: id } as const;
  }
  if (of === "snapshot" && snapshot !== undefined) {
    const { name, volume_id } = snapshot;
    return {
      kind: "create",
      intent: "create-snapshot",
      name,
      source: volume_id,
      imageId: null,
    } as const;
  }
  if (of !== "volume" || volume === undefined) return null;
  const { name, snapshot_id } = volume;
  return {
    kind: "create",
    intent: "create-volume",
    name,
    source: snapshot_id,
    imageId: null,
  } as const;
}

function booting(text: string) {
  const { server }: Body = JSON.parse(text);
  const [disk] = server?.block_device_mapping_v2 ?? [];
  return {
    kind: "create",
    intent: "create-server",
    name: server?.name ?? "",
    source: server?.imageRef ?? disk?.uuid ?? "",
    imageId: null,
  } as const;
}

function imageByIms(text: string) {
  const body: Body = JSON.parse(text);
  const [disk] = body.data_images ?? [];
  return {
    kind: "create",
    intent: "image-job",
    name: disk?.name ?? body.name ?? "",
    source: disk?.volume_id ?? body.volume_id ?? body.instance_id ?? "",
    imageId: null,
  } as const;
}

function isPart(url: string): boolean {
  return /[?&](?:name|id)=/.test(url);
}

/** Without `new URL`: this runs for every request. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("?", start);
  return start < 0 ? "/" : url.slice(start, end < 0 ? undefined : end);
}
