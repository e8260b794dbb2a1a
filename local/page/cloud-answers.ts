import type { Clouds } from "../../shared/cloud-ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { watchedClouds } from "../watched-clouds.ts";

/** The last answer of a cloud, seen by this process. */
export interface CloudAnswer {
  cloud: string;
  /** False: the last call got no answer. Null: no call was made since the host started. */
  answered: boolean | null;
  seenAtMs: number | null;
}

/** Remembers of each cloud whether it answered the last call, so nobody has to ask it for the page. */
export class CloudAnswers {
  private readonly last = new Map<string, CloudAnswer & { seenAtMs: number }>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  saw(cloud: string, answered: boolean): void {
    this.last.set(cloud, { cloud, answered, seenAtMs: this.now() });
  }

  /** The same clouds, whose answers are remembered. */
  watched(clouds: Clouds): Clouds {
    return watchedClouds(clouds, (cloud, { status }) => this.saw(cloud, status !== null));
  }

  /** Of the clouds that these recipes name. */
  of(recipes: Iterable<Pick<Recipe, "cloud">>): CloudAnswer[] {
    const names = new Set([...recipes].map(({ cloud }) => cloud));
    return [...names]
      .toSorted()
      .map((cloud) => this.last.get(cloud) ?? { cloud, answered: null, seenAtMs: null });
  }
}
