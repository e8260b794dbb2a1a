import * as z from "zod/mini";
import type { Flavor, ProbeAnswer, ProbeWish, Server, TestServers } from "../cloud-ports.ts";
import type { ComputeQuota } from "../cloud-quotas.ts";
import type { Disk, ServerWish } from "../server-wish.ts";
import { isCloudId, segment } from "../cloud-ids.ts";
import type { Probe } from "../ports.ts";
import { CloudError } from "./errors.ts";
import { entries, everyPage, nextByMarker } from "./pages.ts";
import { readComputeQuota } from "./quota.ts";
import type { Service } from "./service.ts";
import { atLeast, type Version } from "./versions.ts";

const flavorEntry = z.pipe(
  z.looseObject({
    id: z.string(),
    name: z.string(),
    vcpus: z.number(),
    ram: z.number(),
    disk: z.number(),
  }),
  z.transform(({ id, name, vcpus, ram, disk }): Flavor => ({
    id,
    name,
    vcpus,
    ramMib: ram,
    diskGib: disk,
  })),
);
const flavorPage = z.pipe(
  z.looseObject({ flavors: z.array(flavorEntry), flavors_links: z.optional(z.unknown()) }),
  z.transform((page) => ({
    items: page.flavors,
    next: nextByMarker(page.flavors, page.flavors_links),
  })),
);

const networkEntry = z.looseObject({
  id: z.string().check(z.refine((id) => isCloudId(id))),
  name: z.string(),
});
const networkPage = z.pipe(
  z.looseObject({ networks: entries(networkEntry), networks_links: z.optional(z.unknown()) }),
  z.transform((page) => ({
    items: page.networks,
    next: nextByMarker(page.networks, page.networks_links),
  })),
);

/** Per look and address. A guest that is well answers within milliseconds. */
const PROBE_MS = 5_000;
const MOST_PROBED = 16;
/** Lines of a console per look. Nova counts them from the end. */
const CONSOLE_LINES = 2_000;

export class NovaTestServers implements TestServers {
  readonly #nova: Service;
  readonly #neutron: Service;
  readonly #probe: Probe;

  constructor({ nova, neutron, probe }: { nova: Service; neutron: Service; probe: Probe }) {
    this.#nova = nova;
    this.#neutron = neutron;
    this.#probe = probe;
  }

  async create(wish: ServerWish): Promise<{ serverId: string }> {
    const answer = await this.#nova.send({
      operation: "createServer",
      effect: "once",
      method: "POST",
      path: "/servers",
      body: (version) => ({ server: serverBody(wish, version) }),
    });
    const { id } = answer.read(
      z.looseObject({ server: z.looseObject({ id: z.unknown() }) }),
    ).server;
    if (!isCloudId(id)) throw answer.unreadable("id of server is no id");
    return { serverId: id };
  }

  /** 404 is also the answer for a server whose console does not exist yet (ConsoleNotAvailable, InstanceNotReady is 409). */
  async console(serverId: string): Promise<string | null> {
    try {
      const answer = await this.#nova.send({
        operation: "getConsoleOutput",
        effect: "read",
        method: "POST",
        path: `/servers/${segment(serverId)}/action`,
        body: () => ({ "os-getConsoleOutput": { length: CONSOLE_LINES } }),
      });
      return answer.read(z.looseObject({ output: z.nullish(z.string()) })).output ?? null;
    } catch (error) {
      const isThere = !(error instanceof CloudError) || error.kind !== "refused";
      if (isThere || error.code === "forbidden" || error.code === "token-refused") throw error;
      return null;
    }
  }

  async flavor(idOrName: string): Promise<Flavor | null> {
    const call = { operation: "listFlavors", path: "/flavors/detail", query: {} };
    const all = await everyPage(this.#nova, call, flavorPage);
    const byId = all.find(({ id }) => id === idOrName);
    if (byId !== undefined) return byId;
    const named = all.filter(({ name }) => name === idOrName);
    return named.length === 1 ? (named[0] ?? null) : null;
  }

  /**
   * Network api-ref, "List networks". Names need not be unique, and Neutron's filter ignores case (MariaDB's collation; seen
   * on Neutron 21, 26 and 29). A page that is the last one has a link to the page before.
   */
  async networksNamed(name: string): Promise<string[]> {
    const call = { operation: "listNetworks", path: "/networks", query: { name } };
    const all = await everyPage(this.#neutron, call, networkPage);
    return all.filter((network) => network.name === name).map(({ id }) => id);
  }

  async probe({ addresses }: Pick<Server, "addresses">, wish: ProbeWish): Promise<ProbeAnswer> {
    const asked = addresses.slice(0, MOST_PROBED);
    const answers = await Promise.all(
      asked.map(async (address) => ({
        at: `${address.includes(":") ? `[${address}]` : address}:${wish.port}${wish.path ?? ""}`,
        why: await this.#probe({ ...wish, address, timeoutMs: PROBE_MS }),
      })),
    );
    const answered = answers.find(({ why }) => why === null);
    if (answered !== undefined) return { answeredAt: answered.at };
    const whys = answers.map(({ at, why }) => `${at}: ${why}`);
    return { why: whys.join("; ") || "Nova shows no address of it" };
  }

  quota(): Promise<ComputeQuota> {
    return readComputeQuota(this.#nova);
  }
}

/** Compute api-ref, "Create Server". Seen on Zed. */
function serverBody(wish: ServerWish, version: Version | null): Record<string, unknown> {
  const { name, flavorId, boot, networks, availabilityZone, keyName, userData, metadata } = wish;
  const groups = wish.securityGroups.map((group) => ({ name: group }));
  return {
    name,
    flavorRef: flavorId,
    metadata,
    ...("imageId" in boot
      ? { imageRef: boot.imageId }
      : { block_device_mapping_v2: boot.disks.map(mapping) }),
    ...networksOf(networks, version),
    ...(groups.length === 0 ? {} : { security_groups: groups }),
    ...(availabilityZone === null ? {} : { availability_zone: availabilityZone }),
    ...(keyName === null ? {} : { key_name: keyName }),
    ...(userData === null ? {} : { user_data: Buffer.from(userData).toString("base64") }),
  };
}

/** Nova deletes these volumes with the server, also if the server never gets as far as ACTIVE. */
function mapping({ from, id, bootIndex, sizeGib }: Disk): Record<string, unknown> {
  return {
    source_type: from,
    uuid: id,
    destination_type: "volume",
    boot_index: bootIndex,
    delete_on_termination: true,
    ...(sizeGib === null ? {} : { volume_size: sizeGib }),
  };
}

/** `none` is known from 2.37, which wants an answer. Before it, Nova takes every network of the project. */
function networksOf(networks: string[], version: Version | null): { networks?: unknown } {
  if (networks.length > 0) return { networks: networks.map((uuid) => ({ uuid })) };
  return version !== null && atLeast(version, { major: 2, minor: 37 }) ? { networks: "none" } : {};
}
