import type { Recipe } from "../../shared/recipe/recipe.ts";
import { currentTag } from "../../shared/image/marks.ts";
import { ImsInstallation } from "./ims-installation.ts";

/** Regild with a recipe whose images IMS copies to another region. */
export class RegionCopies extends ImsInstallation {
  override recipe(is: Partial<Recipe> = {}): Recipe {
    const far = {
      name: "far",
      region: null,
      endpoint: null,
      cloud: "otc-far",
      distribute: true,
      streamed: false,
      store: null,
      agencyName: "ims_copy_image",
    };
    return super.recipe({ keep: 1, zones: [far], ...is });
  }

  /** Names of the images in the other region. */
  farNames(): string[] {
    this.cloud.settle();
    return [...this.cloud.far.images.values()].map(({ name }) => name);
  }

  /** Ids of those that consumers of the other region find as current. */
  farCurrent(): string[] {
    this.cloud.settle();
    return [...this.cloud.far.images.values()]
      .filter(({ tags }) => tags.includes(currentTag("web")))
      .map(({ id }) => id);
  }
}
