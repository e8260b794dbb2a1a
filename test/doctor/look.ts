import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { asHttp } from "../../local/simulated-cloud/in-process.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import { examineRecipe } from "../../local/doctor/examine-recipe.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import type { Http } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { configOf } from "../contract/simulated-target.ts";
import { NOW, recipe, timing } from "../unit/builders.ts";

/** A simulated cloud with an image to boot from, and what reading tells about recipes in it. */
export function lookStage() {
  const cloud = new SimulatedCloud({ now: () => NOW, random: seededRandom(1) });
  const base = cloud.operator.addImage({ name: "debian-12", minDiskGib: 8 });
  const http: Http = asHttp(cloud);
  const open = () =>
    openClouds(new Map([["mycloud", configOf(cloud, cloud.demo)]]), {
      http: () => http,
      now: () => NOW,
      timing,
    }).open({ cloud: "mycloud", region: null }, () => {});
  const observe = (is: Partial<Recipe>) => examineRecipe(open(), recipe(is), NOW);
  /** `web.server problem: …`, one line for each finding. */
  const told = async (is: Partial<Recipe>): Promise<string[]> =>
    (await observe(is)).map(({ field, state, message }) => `${field} ${state}: ${message}`);
  return { cloud, base, observe, told };
}
