import * as z from "zod/mini";
import type { RawAnswer } from "./raw-cloud.ts";
import { item, PATH_OF, SERVICE_OF, SignedIn, type Item, type Kind } from "./signed-in.ts";
import { until, type Target } from "./target.ts";

/** Compute 2.37 is the first that boots servers without a network. */
const BOOT_VERSION = "2.37";

/**
 * What the contract tests play with: a signed-in project, and helpers to make, watch and remove things.
 * Everything is named with `mark`, and `clear` removes it, whatever the tests left behind.
 */
export class Stage extends SignedIn {
  readonly mark: string;
  #baseImageId: string | null = null;

  constructor(target: Target) {
    super(target);
    this.mark = `contract-${Math.trunc(target.now()).toString(36)}`;
  }

  override async open(): Promise<void> {
    await super.open();
    const name = encodeURIComponent(this.target.boot.imageName);
    const found = await this.list("image", `/v2/images?name=${name}`, "images");
    this.#baseImageId = found[0]?.id ?? null;
  }

  get baseImageId(): string {
    if (this.#baseImageId === null) throw new Error(`no image ${this.target.boot.imageName}`);
    return this.#baseImageId;
  }

  name(what: string): string {
    return `${this.mark}-${what}`;
  }

  // ----------------------------------------------------------------------------------------- waiting

  untilStatus(kind: Kind, id: string, status: string): Promise<Item> {
    return until(this.target, `${kind} ${id} ${status}`, async () => {
      const seen = await this.observe(kind, id);
      return seen?.status === status ? seen : null;
    });
  }

  untilGone(kind: Kind, id: string): Promise<true> {
    return until(this.target, `${kind} ${id} gone`, async () =>
      (await this.observe(kind, id)) === null ? true : null,
    );
  }

  /** No task is running: the next one may begin. */
  untilIdle(serverId: string): Promise<Item> {
    return until(this.target, `server ${serverId} idle`, async () => {
      const seen = await this.observe("server", serverId);
      return seen?.["OS-EXT-STS:task_state"] === null ? seen : null;
    });
  }

  // ------------------------------------------------------------------------------------------ making

  async bootServer(name: string, from: Record<string, unknown>): Promise<string> {
    const { flavorName, network } = this.target.boot;
    const flavors = await this.compute("GET", "/flavors/detail");
    const listed = z.object({ flavors: z.array(z.object({ id: z.string(), name: z.string() })) });
    const flavor = listed.parse(flavors.json).flavors.find((one) => one.name === flavorName);
    const answer = await this.compute(
      "POST",
      "/servers",
      {
        server: {
          name,
          flavorRef: flavor?.id,
          networks: network === "none" ? "none" : [{ uuid: network }],
          ...from,
        },
      },
      BOOT_VERSION,
    );
    const id = idIn(answer, "server");
    await this.untilStatus("server", id, "ACTIVE");
    await this.untilIdle(id);
    return id;
  }

  /** From the base image: bootable, and with its properties. */
  async makeVolume(name: string, wish: Record<string, unknown> = {}): Promise<string> {
    const volume = { name, size: 1, imageRef: this.baseImageId, ...wish };
    const id = idIn(await this.volume("POST", "/volumes", { volume }), "volume");
    await this.untilStatus("volume", id, "available");
    return id;
  }

  /** A server on a boot volume, with a second volume. */
  async makeVolumeServer(
    name: string,
  ): Promise<{ serverId: string; bootVolumeId: string; dataVolumeId: string }> {
    const bootVolumeId = await this.makeVolume(`${name}-boot`);
    const dataVolumeId = await this.makeVolume(`${name}-data`, { imageRef: undefined });
    const attached = (uuid: string, boot_index: number): Record<string, unknown> => ({
      uuid,
      boot_index,
      source_type: "volume",
      destination_type: "volume",
    });
    const serverId = await this.bootServer(name, {
      block_device_mapping_v2: [attached(bootVolumeId, 0), attached(dataVolumeId, -1)],
    });
    return { serverId, bootVolumeId, dataVolumeId };
  }

  /** A small image of 16 bytes; with `data: null` it stays queued. */
  async makeImage(
    name: string,
    fields: Record<string, unknown> = {},
    data: string | null = "0123456789abcdef",
  ): Promise<string> {
    const formats = { disk_format: "raw", container_format: "bare" };
    const answer = await this.image("POST", "/v2/images", { name, ...formats, ...fields });
    if (answer.status !== 201) throw new Error(`image ${name}: ${answer.status} ${answer.text}`);
    const { id } = item.parse(answer.json);
    if (data !== null) {
      const type = "application/octet-stream";
      const sent = await this.image("PUT", `/v2/images/${id}/file`, data, type);
      if (sent.status !== 204) throw new Error(`data of ${name}: ${sent.status} ${sent.text}`);
    }
    return id;
  }

  // ---------------------------------------------------------------------------------------- removing

  /** Removes everything that bears the mark; what is busy now is asked again. */
  async clear(): Promise<void> {
    await until(this.target, `everything named ${this.mark} gone`, async () => {
      const left = await this.#marked();
      for (const { kind, id } of left) {
        if (kind === "image") {
          await this.patch(id, [{ op: "replace", path: "/protected", value: false }]);
        }
        await this.call({
          service: SERVICE_OF[kind],
          method: "DELETE",
          path: `${PATH_OF[kind]}/${id}`,
        });
      }
      return left.length === 0 ? true : null;
    });
  }

  async #marked(): Promise<Array<{ kind: Kind; id: string }>> {
    const owned = `/v2/images?owner=${this.raw.projectId}&limit=1000`;
    const found: Array<[Kind, Item[]]> = [
      ["image", await this.list("image", `${owned}&visibility=all`, "images")],
      ["image", await this.list("image", `${owned}&visibility=all&os_hidden=true`, "images")],
      ["server", await this.list("compute", "/servers/detail", "servers")],
      ["snapshot", await this.list("volume", "/snapshots/detail", "snapshots")],
      ["volume", await this.list("volume", "/volumes/detail", "volumes")],
    ];
    return found.flatMap(([kind, items]) =>
      items
        .filter(({ name }) => name?.includes(this.mark) === true)
        .map(({ id }) => ({ kind, id })),
    );
  }
}

/** `{"server": {"id": …}}` */
export function idIn(answer: RawAnswer, key: string): string {
  const parsed = z.record(z.string(), z.looseObject({ id: z.string() })).safeParse(answer.json);
  const id = parsed.success ? parsed.data[key]?.id : undefined;
  if (id === undefined) throw new Error(`no ${key} in ${answer.status} ${answer.text}`);
  return id;
}

/** What createImage at 2.45, or an upload, answers. */
export function imageIdIn(answer: RawAnswer): string {
  const created = z.object({ image_id: z.string() });
  const uploaded = z.object({ "os-volume_upload_image": created });
  const body = z.union([created, uploaded]).safeParse(answer.json);
  if (!body.success) throw new Error(`no image in ${answer.status} ${answer.text}`);
  return "image_id" in body.data
    ? body.data.image_id
    : body.data["os-volume_upload_image"].image_id;
}
