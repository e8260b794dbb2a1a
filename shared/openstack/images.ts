import * as z from "zod/mini";
import type {
  Image,
  ImageChange,
  ImageReferences,
  Images,
  VisibilityAnswer,
} from "../cloud-ports.ts";
import type { ImageQuota } from "../cloud-quotas.ts";
import { CloudError } from "./errors.ts";
import type { Answer } from "./answer.ts";
import { imagePatch } from "./image-patch.ts";
import { imageSchema, listedImage } from "./image-schema.ts";
import { isCloudId, segment } from "../cloud-ids.ts";
import type { JustRead, Recent } from "./just-read.ts";
import { type ListedImage, type NamingImages, namingIn } from "./naming-images.ts";
import { readDecisive } from "./odd-record.ts";
import { entries, everyPage } from "./pages.ts";
import { readImageQuota } from "./quota.ts";
import { orGone, orNull, type Service } from "./service.ts";
import { mayCheckContent } from "./content-check.ts";
import { atLeast, versionText } from "./versions.ts";
import { askVisibility } from "./visibility-question.ts";

/** 60 ids make a URL of 2.2 kB; 400 are refused with 414 (seen on Zed). */
const IDS_PER_LIST = 60;

const JSON_PATCH = "application/openstack-images-v2.1-json-patch";

/**
 * Only the marker of `next` is taken: its path is one of Glance's own root, which a proxy's prefix makes useless, and
 * its other parameters are those that were asked for.
 */
function pageOf<T>(entry: z.ZodMiniType<T>) {
  return z.pipe(
    z.looseObject({ images: entries(entry), next: z.optional(z.unknown()) }),
    z.transform((page) => ({
      items: page.images,
      next: page.next == null ? null : { marker: markerIn(page.next) },
    })),
  );
}

const imagePage = pageOf(imageSchema);
const listedPage = pageOf(listedImage);

/** Null: there is more, and nobody says where. */
function markerIn(next: unknown): string | null {
  const query = typeof next === "string" ? next.slice(next.indexOf("?") + 1) : "";
  const marker = new URLSearchParams(query).get("marker");
  return isCloudId(marker) ? marker : null;
}

/** The answer to a PATCH is the image as it is then (Image v2 api-ref, "Update image"; seen on Zed). */
function patched(id: string, answer: Answer): Image | null {
  try {
    const image = answer.read(imageSchema);
    const isOdd = image.oddFields.some((field) => DECISIVE.includes(field));
    return image.id === id && !isOdd ? image : null;
  } catch (error) {
    if (error instanceof CloudError) return null;
    throw error;
  }
}

/** What a wrong reading of would promote, keep or delete the wrong thing. */
const DECISIVE = ["status", "size", "protected", "tags", "block_device_mapping"];

type PageSchema<T> = ReturnType<typeof pageOf<T>>;

/** Two records of one id that differ both count: nobody knows which of them is true. */
function distinct(images: ImageReferences[]): ImageReferences[] {
  return [...new Map(images.map((image) => [JSON.stringify(image), image])).values()];
}

export class GlanceImages implements Images {
  readonly #glance: Service;
  readonly #justRead: JustRead<Image>;
  readonly #naming: NamingImages;

  constructor(glance: Service, memory: { images: JustRead<Image>; naming: NamingImages }) {
    this.#glance = glance;
    this.#justRead = memory.images;
    this.#naming = memory.naming;
  }

  async image(id: string): Promise<Image | null> {
    const askedAtMs = this.#glance.now();
    const image = readDecisive("image", await this.foreign(id), DECISIVE);
    if (image === null) this.#justRead.forget(id, this.#glance.now());
    else this.#justRead.keep(id, this.#glance.place(), image, askedAtMs);
    return image;
  }

  async recentImage(id: string, withinMs?: number): Promise<Image | null> {
    const now = { nowMs: this.#glance.now(), withinMs };
    const recent = this.#justRead.recent(id, this.#glance.place(), now);
    return recent?.record ?? this.image(id);
  }

  async foreign(id: string): Promise<Image | null> {
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
      for (const image of await this.#list({ id: `in:${some.join(",")}` }, imagePage)) {
        // One that cannot be read is asked for by its id, which says why.
        if (!image.oddFields.some((field) => DECISIVE.includes(field))) found.set(image.id, image);
      }
    }
    return found;
  }

  async named(name: string): Promise<Image[]> {
    const owner = await this.#glance.projectId();
    // The filter ignores case where the database does, and reads `in:` as an operator.
    const filter = name.startsWith("in:") ? `in:"${name.replaceAll('"', '\\"')}"` : name;
    const found = await this.#everywhere({ name: filter, owner }, imagePage);
    const byId = new Map(found.map((image) => [image.id, image]));
    return [...byId.values()].filter(
      (image) => image.name === name && image.ownerProjectId === owner,
    );
  }

  async everyImage(): Promise<ImageReferences[]> {
    return distinct((await this.#wholeList()).map(({ references }) => references));
  }

  async imagesNamingSnapshots(): Promise<ImageReferences[]> {
    const sinceMs = this.#naming.changedSinceMs(this.#glance.place(), this.#glance.now());
    const naming = sinceMs === null ? null : await this.#namingSince(sinceMs);
    return distinct(naming ?? namingIn(await this.#wholeList()));
  }

  /** @returns null: this image service does not list by time. */
  async #namingSince(sinceMs: number): Promise<ImageReferences[] | null> {
    const since = new Date(sinceMs).toISOString().replace(/\.\d+Z$/, "Z");
    const query = { member_status: "all", updated_at: `gte:${since}` };
    try {
      const changed = await this.#everywhere(query, listedPage);
      return this.#naming.withChanges(this.#glance.place(), changed);
    } catch (error) {
      if (error instanceof CloudError && error.code === "invalid-request") return null;
      throw error;
    }
  }

  async #wholeList(): Promise<ListedImage[]> {
    const askedAtMs = this.#glance.now();
    let requests = 0;
    const list = await this.#everywhere({ member_status: "all" }, listedPage, () => requests++);
    const nowMs = this.#glance.now();
    this.#naming.keepWhole(this.#glance.place(), list, { askedAtMs, nowMs, requests });
    return list;
  }

  /** @throws CloudError not-offered: `hidden` below v2.7 (Rocky), where it would become a property. */
  async change(image: Image, change: ImageChange): Promise<void> {
    const patch = imagePatch(image, change);
    if (patch.length === 0) return;
    if (patch.some((operation) => operation.path === "/os_hidden")) await this.#needsHiding();
    const askedAtMs = this.#glance.now();
    await this.#changing(
      image.id,
      () =>
        this.#glance.send({
          operation: "updateImage",
          effect: "repeatable",
          method: "PATCH",
          path: `/images/${segment(image.id)}`,
          contentType: JSON_PATCH,
          body: () => patch,
        }),
      (answer) => {
        const record = patched(image.id, answer);
        return record === null ? null : { record, askedAtMs };
      },
    );
  }

  async addTag(id: string, tag: string): Promise<void> {
    await this.#tag("PUT", id, tag);
  }

  removeTag(id: string, tag: string): Promise<void> {
    return orGone(this.#tag("DELETE", id, tag));
  }

  /**
   * While it is under way and after it, nobody takes the image for what it was before.
   * @param after the image as the answer shows it. Null: nobody knows.
   */
  async #changing<T>(
    id: string,
    send: () => Promise<T>,
    after: (answer: T) => Recent<Image> | null = () => null,
  ): Promise<T> {
    const begun = this.#justRead.forget(id, this.#glance.now());
    let left: Recent<Image> | null = null;
    try {
      const answer = await send();
      left = after(answer);
      return answer;
    } finally {
      const place = this.#glance.place();
      this.#justRead.changed(id, { begun, place, after: left }, this.#glance.now());
    }
  }

  async fence(id: string, name: string): Promise<boolean> {
    try {
      await this.#glance.send({
        operation: "createRecord",
        effect: "repeatable",
        method: "POST",
        path: "/images",
        body: () => ({ id, name, visibility: "private" }),
      });
    } catch (error) {
      if (error instanceof CloudError && error.code === "id-taken") return false;
      throw error;
    }
    await this.deleteImage(id);
    return true;
  }

  /** Source of `delete_backup`: Image Management Service API reference, "Deleting an Image". */
  async deleteImage(id: string, { withBackup } = { withBackup: false }): Promise<boolean> {
    const deleted = await this.#changing(id, () =>
      orNull(
        this.#glance.send({
          operation: "deleteImage",
          effect: "repeatable",
          method: "DELETE",
          path: `/images/${segment(id)}`,
          ...(withBackup ? { body: () => ({ delete_backup: true }) } : {}),
        }),
      ),
    );
    if (deleted !== null) this.#naming.forget(this.#glance.place(), id);
    return deleted !== null;
  }

  async mayCheckContent(): Promise<boolean> {
    return mayCheckContent(await this.#glance.versions());
  }

  mayGive(visibility: string): Promise<VisibilityAnswer> {
    return askVisibility(this.#glance, visibility);
  }

  quota(): Promise<ImageQuota> {
    return readImageQuota(this.#glance);
  }

  /**
   * A plain list leaves out hidden images and other projects' community ones; with `visibility=all`
   * (v2.5, Ocata), and once more for the hidden ones (v2.7, Rocky), nothing is left out that these
   * credentials can see. An older Glance would take `os_hidden=false` for a property that no image has,
   * so it is never asked; `os_hidden=true` finds nothing there, as it should.
   */
  async #everywhere<T>(
    query: Record<string, string>,
    schema: PageSchema<T>,
    pageRead?: () => void,
  ): Promise<T[]> {
    const newest = (await this.#glance.versions())?.max;
    const hasAll = newest === undefined || atLeast(newest, { major: 2, minor: 5 });
    const wanted = hasAll ? { ...query, visibility: "all" } : query;
    const shown = await this.#list(wanted, schema, pageRead);
    const hidden = await this.#list({ ...wanted, os_hidden: "true" }, schema, pageRead);
    return [...shown, ...hidden];
  }

  #list<T>(
    query: Record<string, string>,
    schema: PageSchema<T>,
    pageRead?: () => void,
  ): Promise<T[]> {
    const call = { operation: "listImages", path: "/images", query };
    return everyPage(this.#glance, call, schema, pageRead);
  }

  /** If the image was read a moment ago, only this tag has changed since. */
  async #tag(method: "PUT" | "DELETE", id: string, tag: string): Promise<void> {
    const place = this.#glance.place();
    const before = this.#justRead.recent(id, place, { nowMs: this.#glance.now() });
    await this.#changing(
      id,
      () =>
        this.#glance.send({
          operation: method === "PUT" ? "addTag" : "removeTag",
          effect: "repeatable",
          method,
          path: `/images/${segment(id)}/tags/${segment(tag)}`,
        }),
      () => {
        if (before === null) return null;
        const others = before.record.tags.filter((other) => other !== tag);
        const tags = method === "PUT" ? [...others, tag] : others;
        return { ...before, record: { ...before.record, tags } };
      },
    );
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
