import type { CloudsConfig } from "../shared/openstack/clouds-yaml.ts";
import { closest } from "../shared/recipe/did-you-mean.ts";

/** Keys of openstacksdk that change nothing here: versions are found out, and calls repeated by our own rules. */
const WITHOUT_EFFECT = /_(api_version|default_microversion|(connect|status_code)_retries)$/;

/** Keys of an entry that play no part, each with what it may be meant to be. */
export function passedOverKeys({ passedOver }: CloudsConfig, cloud: string): string[] {
  const { keys, known } = passedOver.get(cloud) ?? { keys: [], known: [] };
  return keys.map((key) => {
    const meant = WITHOUT_EFFECT.test(key) ? null : closest(key, known);
    return meant === null ? key : `${key} (did you mean ${meant}?)`;
  });
}
