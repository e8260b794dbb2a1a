import type { CloudDefault } from "../../shared/recipe/load.ts";
import { loadClouds, type Surroundings } from "../clouds-files.ts";
import type { Storage } from "./storage.ts";

/**
 * On one machine the cloud that openstackclient would take: OS_CLOUD, or the only entry of clouds.yaml. The functions on
 * AWS have no environment of the user's, so recipes there name their clouds.
 */
export function cloudDefault({ kind }: Storage, surroundings: Surroundings): CloudDefault {
  const remedy = "Write cloud: and a name in clouds.yaml";
  if (kind === "aws") {
    return { name: () => null, remedy: `${remedy}. On AWS, OS_CLOUD does not count` };
  }
  let found: string | null | undefined;
  return {
    name: () => (found ??= loadClouds(surroundings).defaultCloud),
    remedy: `${remedy}, or set OS_CLOUD`,
  };
}
