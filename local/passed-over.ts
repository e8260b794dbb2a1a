import type { CloudsConfig } from "../shared/openstack/clouds-yaml.ts";
import { closest } from "../shared/recipe/did-you-mean.ts";

/** Keys of openstacksdk without effect here: Regild discovers versions and has its own rules for repeats. */
const WITHOUT_EFFECT = /_(api_version|default_microversion|(connect|status_code)_retries)$/;

/** Keys of an entry without effect, each with the key that was probably meant. */
export function passedOverKeys({ passedOver }: CloudsConfig, cloud: string): string[] {
  const { keys, known } = passedOver.get(cloud) ?? { keys: [], known: [] };
  return keys.map((key) => {
    const meant = WITHOUT_EFFECT.test(key) ? null : closest(key, known);
    return meant === null ? key : `${key} (did you mean ${meant}?)`;
  });
}
