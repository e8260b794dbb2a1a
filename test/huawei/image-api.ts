import type { HttpResponse } from "../../shared/ports.ts";
import { answer, imsError } from "./json-answer.ts";

export interface ImsImage {
  id: string;
  name: string;
  status: "queued" | "saving" | "active" | "deactivated";
  /** Somebody has protected it. */
  protected?: boolean;
  tags: string[];
  properties: Record<string, string>;
  /** Status of each project that the image is shared with. */
  members: Map<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface ImageRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
}

/** What else a region has to do with a delete. */
interface OnDelete {
  /** Null: it is not refused for a reason of the region's own. */
  refusal: (image: ImsImage) => HttpResponse | null;
  deleted: (image: ImsImage, body: unknown) => void;
}

/** The calls of Glance in one project of one region, as the Image Management Service documents them. */
export class ImageApi {
  readonly images = new Map<string, ImsImage>();
  readonly #projectId: string;
  readonly #onDelete: OnDelete;

  constructor(
    projectId: string,
    onDelete: OnDelete = { refusal: () => null, deleted: () => undefined },
  ) {
    this.#projectId = projectId;
    this.#onDelete = onDelete;
  }

  answer({ method, path, query, body }: ImageRequest): HttpResponse {
    const [, one = "", , tag = ""] = /^\/v2\/images\/([^/]+)(\/tags\/([^/]+))?$/u.exec(path) ?? [];
    const [, shared, member = ""] =
      /^\/v2\/images\/([^/]+)\/members(?:\/([^/]+))?$/u.exec(path) ?? [];
    if (shared !== undefined) return this.#members(method, shared, member, body);
    if (path === "/v2/images") return this.#list(query);
    const image = this.images.get(one);
    if (image === undefined)
      return answer(404, { error: { message: "no image", code: "IMG.0027" } });
    if (tag !== "") {
      if (method === "PUT") image.tags = [...new Set([...image.tags, decodeURIComponent(tag)])];
      if (method === "DELETE") image.tags = image.tags.filter((each) => each !== tag);
      return answer(204, "");
    }
    if (method === "GET") return answer(200, this.#show(image));
    if (method === "PATCH") return this.#patch(image, body);
    return this.#delete(image, body);
  }

  #delete(image: ImsImage, body: unknown): HttpResponse {
    const refusal = this.#onDelete.refusal(image);
    if (refusal !== null) return refusal;
    if (image.protected === true) return imsError("IMG.0028", "The image is protected.", 403);
    if (["queued", "saving"].includes(image.status))
      return imsError("IMG.0090", "The image is being created.");
    this.images.delete(image.id);
    this.#onDelete.deleted(image, body);
    return answer(204, "");
  }

  #list(query: URLSearchParams): HttpResponse {
    const ids = query.get("id")?.replace(/^in:/u, "").split(",");
    const images = [...this.images.values()].filter(
      ({ id, name }) =>
        (ids === undefined || ids.includes(id)) &&
        (query.get("name") === null || query.get("name") === name),
    );
    return answer(200, { images: images.map((image) => this.#show(image)) });
  }

  /** "Image Sharing (Native OpenStack APIs)": a private image is shared by its members, and nothing else. */
  #members(method: string, imageId: string, member: string, body: unknown): HttpResponse {
    const image = this.images.get(imageId);
    if (image === undefined) return answer(404, { error: { message: "no image" } });
    const show = ([member_id, status]: [string, string]) => ({
      member_id,
      status,
      image_id: imageId,
      created_at: "2026-11-22T05:00:00Z",
      updated_at: "2026-11-22T05:00:00Z",
      schema: "/v2/schemas/member",
    });
    if (method === "GET")
      return answer(200, { members: [...image.members].map(show), schema: "/v2/schemas/members" });
    if (method === "DELETE") {
      return image.members.delete(member)
        ? answer(204, "")
        : answer(404, { error: { message: "no member" } });
    }
    const added =
      typeof body === "object" && body !== null && "member" in body ? String(body.member) : "";
    if (image.members.has(added)) return answer(409, { error: { message: "a member already" } });
    image.members.set(added, "pending");
    return answer(200, show([added, "pending"]));
  }

  /** "Modifying an Image": only its name, its description and attributes of one's own. */
  #patch(image: ImsImage, body: unknown): HttpResponse {
    for (const operation of Array.isArray(body) ? body : []) {
      const { op, path, value } = operation;
      const key = String(path).slice(1);
      if (key === "visibility") return imsError("IMG.0105", "The operation is not supported.");
      if (key === "name") image.name = String(value);
      else if (op === "remove") delete image.properties[key];
      else image.properties[key] = String(value);
    }
    return answer(200, this.#show(image));
  }

  /** "size" is not used. */
  #show(image: ImsImage): Record<string, unknown> {
    const { id, name, status, tags, properties, members, createdAtMs, updatedAtMs } = image;
    return {
      ...properties,
      id,
      name,
      status,
      tags,
      visibility: members.size === 0 ? "private" : "shared",
      owner: this.#projectId,
      protected: image.protected ?? false,
      size: null,
      min_disk: 40,
      min_ram: 0,
      disk_format: "zvhd2",
      container_format: "bare",
      created_at: new Date(createdAtMs).toISOString(),
      updated_at: new Date(updatedAtMs).toISOString(),
      file: `/v2/images/${id}/file`,
      schema: "/v2/schemas/image",
      self: `/v2/images/${id}`,
    };
  }
}
