import * as z from "zod/mini";
import type { TestCloud } from "../sign-in.ts";

const listed = z.object({
  images: z.array(z.object({ id: z.string(), tags: z.array(z.string()) })),
});

/** What people see who look for the current image by its tag, while hosts come and go: one or two, once there was one. */
export class ShownImages {
  readonly wrong: string[] = [];
  private readonly cloud: TestCloud;
  private readonly recipes: string[];
  private readonly seen = new Set<string>();

  constructor(cloud: TestCloud, recipes: string[]) {
    this.cloud = cloud;
    this.recipes = recipes;
  }

  async observe(): Promise<void> {
    const answer = await this.cloud.call({ service: "image", path: "/v2/images?limit=1000" });
    const { images } = listed.parse(answer.json);
    for (const recipe of this.recipes) {
      const current = images.filter(({ tags }) => tags.includes(`regild-current-${recipe}`));
      const count = current.length;
      if (count > 0) this.seen.add(recipe);
      if (count > 2 || (count === 0 && this.seen.has(recipe)))
        this.wrong.push(
          `${new Date().toISOString()} ${recipe}: ${count} images shown as current: ${current.map(({ id }) => id).join(", ")}`,
        );
    }
  }
}
