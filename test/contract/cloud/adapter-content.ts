import { expect, it } from "vitest";
import type { Cloud } from "../../../shared/cloud-ports.ts";
import type { ImageContent } from "../../../shared/image-content.ts";
import type { Stage } from "../stage.ts";
import { expectRefused, NOBODY } from "./expect-refused.ts";

/** The port `ImageContent`: content on its way from one image to another. */
export function adapterContentContract(stage: Stage, cloud: Cloud): void {
  const { images } = cloud;
  const BYTES = 16;

  const content = async (): Promise<ImageContent> => {
    const [own] = await cloud.everyImageService();
    if (own?.content == null) throw new Error("this cloud gives no content");
    return own.content;
  };
  /** @returns why it was not taken. */
  const send = async (from: string, to: string, bytes = BYTES) => {
    const carrier = await content();
    const sender = await carrier.sender(to, bytes);
    const sent: number[] = [];
    const watch = {
      sent: (so: number) => void sent.push(so),
      signal: new AbortController().signal,
    };
    return { why: await sender(await carrier.open(from), watch), sent: sent.at(-1) };
  };

  it("the content of one image becomes that of another, with the same size and hash", async () => {
    expect(await (await content()).isOffered()).toBe(true);
    const from = await stage.makeImage(stage.name("content-from"));
    const to = await stage.makeImage(stage.name("content-to"), {}, null);
    expect(await send(from, to)).toEqual({ why: null, sent: BYTES });
    const [one, other] = [await images.image(from), await images.image(to)];
    expect(one?.hash).not.toBeNull();
    expect([other?.status, other?.sizeBytes, other?.hash]).toEqual(["active", BYTES, one?.hash]);
  });

  it("an image that has its content takes no other, and one that is gone takes none", async () => {
    const from = await stage.makeImage(stage.name("content-again"));
    const to = await stage.makeImage(stage.name("content-full"), {}, "other 16 bytes!!");
    const before = await images.image(to);
    expect((await send(from, to)).why).toContain("409");
    expect(await images.image(to)).toEqual(before);
    await images.deleteImage(to);
    expect((await send(from, to)).why).toContain("404");
    expect(await images.image(to)).toBeNull();
  });

  it("an image without content gives none, and neither does one that is not there", async () => {
    const queued = await stage.makeImage(stage.name("content-none"), {}, null);
    const carrier = await content();
    await expectRefused(carrier.open(queued), "conflict");
    await expectRefused(carrier.open(NOBODY), "not-found");
  });
}
