import * as z from "zod/mini";
import type { Image, ImageChange, Images } from "../cloud-ports.ts";
import { CloudError } from "./errors.ts";
import { imagePatch } from "./image-patch.ts";
import { imageSchema } from "./image-schema.ts";
import { everyPage } from "./pages.ts";
import { orGone, orNull, segment, type Service } from "./service.ts";
import { atLeast, versionText } from "./versions.ts";

/** 60 ids make a URL of 2.2 kB; 400 are refused with 414 (seen on Zed). */
const IDS_PER_LIST = 60;

const JSON_PATCH = "application/openstack-images-v2.1-json-patch";

/** `next` is a path of Glance's own root, which a proxy's prefix makes useless: only its query is taken. */
const imagePage = z.pipe(
  z.object({ images: z.array(imageSchema), next: z.nullish(z.string()) }),
  z.transform((page) => ({
    items: page.images,
    next:
      page.next == null ? null : Object.fromEntries(new URL(page.next, "http://x").searchParams),
  })),
);

export class GlanceImages implements Images {
  readonly #glance: Service;

  constructor(glance: Service) {
    this.#glance = glance;
  }

  async image(id: string): Promise<Image | null> {
    const path = `/images/${segment(id)}`;
    const answer = await orNull(
      this.#glance.send({ operation: "getImage", effect: "read", method: "GET", path }),
    );
    return answer?.read(imageSchema) ?? null;
  }

  async listed(ids: string[]): Promise<Map<string, Image>> {
    const found = new Map<string, Image>();
    for (let start = 0; start < ids.length; start += IDS_PER_LIST) {
      const some = ids.slice(start, start + IDS_PER_LIST);
      for (const image of await this.#list({ id: `in:${some.join(",")}` }))
        found.set(image.id, image);
    }
    return found;
  }

  async named(name: string): Promise<Image[]> {
    const owner = await this.#glance.projectId();
    // The filter ignores case where the database does, and reads `in:` as an operator.
    const filter = name.startsWith("in:") ? `in:"${name.replaceAll('"', '\\"')}"` : name;
    const found = await this.#everywhere({ name: filter, owner });
    return found.filter((image) => image.name === name && image.ownerProjectId === owner);
  }

  everyImage(): Promise<Image[]> {
    return this.#everywhere({ member_status: "all" });
  }

  /** @throws CloudError not-offered: `hidden` below v2.7 (Rocky), where it would become a property. */
  async change(image: Image, change: ImageChange): Promise<void> {
    const patch = imagePatch(image, change);
    if (patch.length === 0) return;
    if (patch.some((operation) => operation.path === "/os_hidden")) await this.#needsHiding();
    await this.#glance.send({
      operation: "updateImage",
      effect: "repeatable",
      method: "PATCH",
      path: `/images/${segment(image.id)}`,
      contentType: JSON_PATCH,
      body: () => patch,
    });
  }

  async addTag(id: string, tag: string): Promise<void> {
    await this.#tag("PUT", id, tag);
  }

  removeTag(id: string, tag: string): Promise<void> {
    return orGone(this.#tag("DELETE", id, tag));
  }

  async deleteImage(id: string): Promise<boolean> {
    const deleted = await orNull(
      this.#glance.send({
        operation: "deleteImage",
        effect: "repeatable",
        method: "DELETE",
        path: `/images/${segment(id)}`,
      }),
    );
    return deleted !== null;
  }

  /**
   * A plain list leaves out hidden images and other projects' community ones; with `visibility=all`
   * (v2.5, Ocata), and once more for the hidden ones (v2.7, Rocky), nothing is left out that these
   * credentials can see. An older Glance would take `os_hidden=false` for a property that no image has,
   * so it is never asked; `os_hidden=true` finds nothing there, as it should.
   */
  async #everywhere(query: Record<string, string>): Promise<Image[]> {
    const newest = (await this.#glance.versions())?.max;
    const hasAll = newest === undefined || atLeast(newest, { major: 2, minor: 5 });
    const wanted = hasAll ? { ...query, visibility: "all" } : query;
    const found = new Map<string, Image>();
    for (const image of await this.#list(wanted)) found.set(image.id, image);
    for (const image of await this.#list({ ...wanted, os_hidden: "true" })) {
      found.set(image.id, image);
    }
    return [...found.values()];
  }

  #list(query: Record<string, string>): Promise<Image[]> {
    return everyPage(this.#glance, { operation: "listImages", path: "/images", query }, imagePage);
  }

  #tag(method: "PUT" | "DELETE", id: string, tag: string) {
    return this.#glance.send({
      operation: method === "PUT" ? "addTag" : "removeTag",
      effect: "repeatable",
      method,
      path: `/images/${segment(id)}/tags/${segment(tag)}`,
    });
  }

  async #needsHiding(): Promise<void> {
    const newest = (await this.#glance.versions())?.max;
    if (newest === undefined || atLeast(newest, { major: 2, minor: 7 })) return;
    throw new CloudError(
      `image: this cloud cannot hide images (v${versionText(newest)}; it takes v2.7)`,
      { kind: "refused", code: "not-offered" },
    );
  }
}
