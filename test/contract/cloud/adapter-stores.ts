import { expect, it } from "vitest";
import type { Cloud } from "../../../shared/cloud-ports.ts";
import type { ImageImports } from "../../../shared/image-imports.ts";
import { CloudError } from "../../../shared/openstack/errors.ts";
import type { Stage } from "../stage.ts";
import { until } from "../target.ts";

function codeOf(error: unknown): string | null {
  return error instanceof CloudError ? error.code : String(error);
}

/** The port `ImageImports`, as far as an image service has several stores. */
export function adapterStoresContract(stage: Stage, cloud: Cloud): void {
  const { images } = cloud;

  const imports = async (): Promise<ImageImports> => {
    const [own] = await cloud.everyImageService();
    if (own === undefined) throw new Error("this cloud has no image service");
    return own.imports;
  };
  const storesOf = async (id: string) => (await images.image(id))?.stores ?? [];

  it("an image is in one of the stores that the image service tells of", async () => {
    const known = (await (await imports()).stores()).map(({ id }) => id);
    const id = await stage.makeImage(stage.name("store"));
    const [store, ...others] = await storesOf(id);
    expect(others).toEqual([]);
    // With one store alone, it tells of none, and the image of none either.
    expect(known.length === 0 ? store === undefined : known.includes(store ?? "")).toBe(true);
  });

  it("asking whether an image may be copied to a further store changes nothing, and says what a copy meets", async (context) => {
    const port = await imports();
    const known = (await port.stores()).map(({ id }) => id);
    if (known.length < 2 || !(await port.methods()).includes("copy-image")) return context.skip();
    const id = await stage.makeImage(stage.name("store-copy"));
    const before = await images.image(id);
    const may = await port.mayCopy(id);
    expect(await images.image(id)).toEqual(before);
    const further = known.find((store) => before?.stores.includes(store) === false) ?? "";
    expect(may).not.toBeNull();
    const met = await port.copyTo(id, further).catch(codeOf);
    expect(met).toBe(may === true ? true : "forbidden");
    const wanted = may === true ? [...(before?.stores ?? []), further] : before?.stores;
    const arrived = async () => ((await storesOf(id)).length === wanted?.length ? true : null);
    await until(stage.target, `image ${id} in ${String(wanted)}`, arrived);
    expect((await images.image(id))?.stores).toEqual(wanted);
    expect((await images.image(id))?.hash).toBe(before?.hash);
  });
}
