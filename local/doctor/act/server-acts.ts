import { finding } from "../../../shared/openstack/finding.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import type { Acting } from "./acting.ts";
import { IMAGE_FLAG, MARK_KEY } from "./mark.ts";
import { RIGHTS } from "./rights.ts";
import { removeMade } from "./remove.ts";

/** What a server of the doctor's own is made of, as the command line names it. */
export interface ServerWish {
  image: string;
  flavor: string;
  /** The id of a network, or `none`. */
  network: string;
}

const BOOT_SECONDS = 600;
const POWER_SECONDS = 300;
const IMAGE_SECONDS = 1800;

/** A server: made, stopped, an image taken of it, started, removed. Only where the command line names what to make it of. */
export async function serverActs(
  acting: Acting,
  wish: ServerWish | null,
  recipes: readonly Recipe[],
): Promise<void> {
  if (wish === null) return untried(acting, recipes);
  const serverId = await bootServer(acting, wish);
  if (serverId === null) return;
  if (recipes.some(({ testBoot }) => testBoot !== null)) await readConsole(acting, serverId);
  await stopAndStart(acting, serverId);
  await removeMade(acting, serverId);
}

/** Whether there is any output does not count: the right does. */
async function readConsole(acting: Acting, serverId: string): Promise<void> {
  await acting.attempt("server", "read its console", RIGHTS.readConsole, async () => {
    await acting.cloud.ports.testServers.console(serverId);
  });
}

async function stopAndStart(acting: Acting, serverId: string): Promise<void> {
  const { compute } = acting.cloud.ports;
  const isOff = await acting.attempt("server", "stop it", RIGHTS.stopServer, async () => {
    await compute.stop(serverId);
    await settled(acting, serverId, "SHUTOFF", POWER_SECONDS);
  });
  const imageId = await takeImage(acting, serverId);
  if (isOff) {
    await acting.attempt("server", "start it", RIGHTS.startServer, async () => {
      await compute.start(serverId);
      await settled(acting, serverId, "ACTIVE", POWER_SECONDS);
    });
  }
  if (imageId !== null) await removeMade(acting, imageId);
}

async function takeImage(acting: Acting, serverId: string): Promise<string | null> {
  const { compute, images } = acting.cloud.ports;
  const marks = { [IMAGE_FLAG.name]: IMAGE_FLAG.value, [MARK_KEY]: acting.mark.value };
  const ready = async (id: string): Promise<void> => {
    await acting.until("active", IMAGE_SECONDS, async () => {
      const image = await images.foreign(id);
      if (image === null) acting.failed("the cloud deleted it during the upload");
      return image.status === "active" ? true : null;
    });
    await idle(acting, serverId);
  };
  const is = { what: "take an image of it", suffix: "taken", right: RIGHTS.takeImage, ready };
  return acting.make("image", is, async (name) => {
    return (await compute.createImage(serverId, name, marks)).imageId;
  });
}

async function bootServer(acting: Acting, wish: ServerWish): Promise<string | null> {
  const { cloud, mark } = acting;
  let imageId = "";
  let flavorId = "";
  const isNamed = await acting.attempt("server", "find its image and flavor", null, async () => {
    imageId = only(acting, "image", wish.image, await cloud.images(wish.image));
    flavorId = only(acting, "flavor", wish.flavor, await cloud.flavors(wish.flavor));
  });
  if (!isNamed) return null;
  const ready = (id: string) => settled(acting, id, "ACTIVE", BOOT_SECONDS);
  const is = { what: "make a server", right: RIGHTS.createServer, ready };
  return acting.make("server", is, (name) =>
    cloud.createServer(name, mark.value, { imageId, flavorId, network: wish.network }),
  );
}

/** @throws Unfinished unless there is exactly one. */
function only(acting: Acting, what: "image" | "flavor", name: string, found: string[]): string {
  const [id] = found;
  const option = `--server-${what}`;
  if (id === undefined) {
    const list = `openstack ${what} list shows what these credentials may use: write a name or id of it after ${option}`;
    return acting.failed(`no ${what} has the name or id "${name}"`, list);
  }
  if (found.length > 1)
    acting.failed(`${found.length} ${what}s are named "${name}"`, `Write the id after ${option}`);
  return id;
}

async function settled(acting: Acting, id: string, status: string, seconds: number): Promise<void> {
  await acting.until(status, seconds, async () => {
    const server = await acting.cloud.ports.compute.server(id);
    if (server === null) acting.failed("the server is gone");
    if (server.status === "ERROR") {
      acting.failed(`the server is in ERROR: ${server.faultMessage ?? "no reason given"}`);
    }
    return server.status === status && server.taskState === null ? true : null;
  });
}

/** A server whose image is uploaded cannot be started. */
async function idle(acting: Acting, id: string): Promise<void> {
  await acting.until("no task", POWER_SECONDS, async () =>
    (await acting.cloud.ports.compute.server(id))?.taskState === null ? true : null,
  );
}

function untried(acting: Acting, recipes: readonly Recipe[]): void {
  const stopping = recipes.filter(({ source }) => source.kind === "server");
  if (stopping.length === 0) return;
  const names = stopping.map(({ name }) => name).join(", ");
  acting.tell(
    finding(
      "unknown",
      "compute",
      `a server was not made, so stop, start and createImage were not tried (recipes ${names})`,
      "Name what to make a server of: --server-image IMAGE --server-flavor FLAVOR",
    ),
  );
}
