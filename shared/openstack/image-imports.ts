import * as z from "zod/mini";
import { segment } from "../cloud-ids.ts";
import type { ImageImports, ImageRecord, ImageStore } from "../image-imports.ts";
import { cloudWords } from "../plain-text.ts";
import { CloudError } from "./errors.ts";
import { orNull, type Service } from "./service.ts";

const importInfo = z.looseObject({
  "import-methods": z.optional(z.looseObject({ value: z.optional(z.array(z.unknown())) })),
});

const storeList = z.looseObject({
  stores: z.array(z.looseObject({ id: z.string(), "read-only": z.optional(z.unknown()) })),
});

const taskList = z.looseObject({
  tasks: z.array(
    z.looseObject({
      status: z.optional(z.unknown()),
      message: z.optional(z.unknown()),
      updated_at: z.optional(z.unknown()),
    }),
  ),
});

/** Glance's interoperable image import. Source: Image v2 api-ref, "Import an image"; seen on Zed. */
export class GlanceImports implements ImageImports {
  readonly #glance: Service;

  constructor(glance: Service) {
    this.#glance = glance;
  }

  async methods(): Promise<string[]> {
    const path = "/info/import";
    const answer = await orNull(
      this.#glance.send({ operation: "showImport", effect: "read", method: "GET", path }),
    );
    const methods = answer?.read(importInfo)["import-methods"]?.value ?? [];
    return methods.filter((method) => typeof method === "string");
  }

  async register(record: ImageRecord): Promise<boolean> {
    try {
      await this.#glance.send({
        operation: "createRecord",
        effect: "repeatable",
        method: "POST",
        path: "/images",
        body: () => ({
          ...record.properties,
          id: record.id,
          name: record.name,
          visibility: record.visibility,
          os_hidden: record.hidden,
          disk_format: record.diskFormat,
          container_format: record.containerFormat,
          min_disk: record.minDiskGib,
          min_ram: record.minRamMib,
        }),
      });
      return true;
    } catch (error) {
      if (error instanceof CloudError && error.code === "id-taken") return false;
      throw error;
    }
  }

  async fetch(id: string, region: string): Promise<boolean> {
    const method = { name: "glance-download", glance_region: region, glance_image_id: id };
    try {
      await this.#glance.send({
        operation: "importImage",
        effect: "repeatable",
        method: "POST",
        path: `/images/${segment(id)}/import`,
        body: () => ({ method }),
      });
      return true;
    } catch (error) {
      if (error instanceof CloudError && WAITS_NOT.includes(error.code ?? "")) return false;
      throw error;
    }
  }

  /** 404: it has one store alone (Image v2 api-ref, "List stores"; seen on Zed). */
  async stores(): Promise<ImageStore[]> {
    const answer = await orNull(
      this.#glance.send({
        operation: "showStores",
        effect: "read",
        method: "GET",
        path: "/info/stores",
      }),
    );
    const stores = answer?.read(storeList).stores ?? [];
    return stores.map((store) => ({
      id: cloudWords(store.id, 64),
      isReadOnly: store["read-only"] === true || store["read-only"] === "true",
    }));
  }

  async copyTo(id: string, store: string): Promise<boolean> {
    try {
      await this.#copy(id, store);
      return true;
    } catch (error) {
      if (error instanceof CloudError && COPIES_NOT.includes(error.code ?? "")) return false;
      throw error;
    }
  }

  /** Glance asks its policy first, and looks for the store afterwards: 409 if there is none of that name (seen on 2026.2). */
  async mayCopy(id: string): Promise<boolean | null> {
    try {
      await this.#copy(id, NO_STORE);
      return true;
    } catch (error) {
      if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
      if (error.code === "forbidden") return false;
      return error.code === "conflict" ? true : null;
    }
  }

  async #copy(id: string, store: string): Promise<void> {
    await this.#glance.send({
      operation: "copyImage",
      effect: "repeatable",
      method: "POST",
      path: `/images/${segment(id)}/import`,
      body: () => ({ method: { name: "copy-image" }, stores: [store] }),
    });
  }

  /** Glance before 2.12 (Wallaby) shows no tasks of an image. */
  async failureOf(id: string): Promise<string | null> {
    const path = `/images/${segment(id)}/tasks`;
    try {
      const answer = await this.#glance.send({
        operation: "listTasks",
        effect: "read",
        method: "GET",
        path,
      });
      const { tasks } = answer.read(taskList);
      const newest = tasks.toSorted((a, b) =>
        text(a.updated_at) < text(b.updated_at) ? 1 : -1,
      )[0];
      if (newest === undefined || newest.status !== "failure") return null;
      return cloudWords(text(newest.message)) || null;
    } catch (error) {
      if (error instanceof CloudError && error.kind === "refused") return null;
      throw error;
    }
  }
}

/** 409: it has its content, or a fetch is under way. */
const WAITS_NOT = ["conflict", "not-found"];

/** 400: the store has it. 409: an import of this image is under way. */
const COPIES_NOT = ["conflict", "invalid-request"];

/** No operator gives a store this name. */
const NO_STORE = "regild-asks-whether-it-may";

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
