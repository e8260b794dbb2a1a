import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Around } from "./ims-installation.ts";
import { ImsInstallation } from "./ims-installation.ts";
import type { ImsImage } from "./image-api.ts";

/** Regild with a recipe for the data disks of a server that has a boot disk and two more, and runs. */
export class DataDisks extends ImsInstallation {
  readonly bootId: string;
  readonly diskIds: string[];

  constructor(around?: Around) {
    super(around);
    const { cloud, serverId } = this;
    this.bootId = cloud.addDisk("web-boot", serverId, { device: "/dev/vda", bootable: true });
    // Not in the order of their devices.
    const log = cloud.addDisk("web-log", serverId, { device: "/dev/vdc" });
    this.diskIds = [cloud.addDisk("web-data", serverId, { device: "/dev/vdb" }), log];
  }

  override recipe(is: Partial<Recipe> = {}): Recipe {
    const { prepare } = super.recipe();
    return super.recipe({
      capture: "data_disks",
      prepare: { ...prepare, allowLive: true },
      ...is,
    });
  }

  stopping(is: Partial<Recipe> = {}): Recipe {
    const prepare = { ...this.recipe().prepare, stopServer: true, allowLive: false };
    return this.recipe({ prepare, ...is });
  }

  removeDisks(): void {
    for (const id of this.diskIds) this.cloud.disks.delete(id);
  }

  image(id: string): ImsImage {
    const image = this.cloud.images.get(id);
    if (image === undefined) throw new Error(`no image ${id}`);
    return image;
  }

  /** Sets that the cloud shows as current: each by its first image, with the disks that it has images of. */
  get shown(): Record<string, string[]> {
    this.cloud.settle();
    const sets: Record<string, string[]> = {};
    for (const { tags, properties } of this.cloud.images.values()) {
      if (!tags.includes("regild-current-web")) continue;
      const first = properties["regild_set"] ?? "none";
      sets[first] = [...(sets[first] ?? []), properties["regild_disk"] ?? "none"].toSorted();
    }
    return sets;
  }

  get deletes(): string[] {
    return this.cloud.requests.filter((request) => request.startsWith("DELETE"));
  }
}
