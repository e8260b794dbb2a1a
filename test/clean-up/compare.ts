import { expected } from "./model.ts";
import { planned } from "./product.ts";
import { randomCloud } from "./random-cloud.ts";

/** What the plan and the model say differently of the cloud of this seed. Empty: they agree on every thing. */
export async function disagreements(seed: number): Promise<string[]> {
  const random = randomCloud(seed);
  const model = expected(random);
  const product = await planned(random);
  return [...new Set([...model.keys(), ...product.keys()])].flatMap((thing) => {
    const [must, is] = [model.get(thing) ?? "nothing", product.get(thing) ?? "nothing"];
    return must === is ? [] : [`${thing}: the model says ${must}, the plan ${is}`];
  });
}
