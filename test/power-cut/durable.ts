import { DatabaseSync } from "node:sqlite";
import * as z from "zod/mini";
import { recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { type Run, runSchema } from "../../shared/run/record.ts";
import { stopAskedAtMs } from "../../shared/source/servers.ts";
import type { HttpRequest } from "../../shared/ports.ts";

const row = z.object({ sk: z.string(), doc: z.string() });

/** What the data file holds after a power cut. */
export class Durable {
  private readonly docs: string;
  private readonly runs: Run[];
  private readonly marked: ReadonlySet<string>;

  /** @throws the error of SQLite: the file is damaged. */
  constructor(path: string) {
    const db = new DatabaseSync(path);
    try {
      const check = db.prepare("PRAGMA integrity_check").get();
      if (check?.["integrity_check"] !== "ok") throw new Error(JSON.stringify(check));
      const rows = db
        .prepare("SELECT sk, doc FROM item")
        .all()
        .map((found) => row.parse(found));
      const of = (isOne: (sk: string) => boolean) => rows.filter(({ sk }) => isOne(sk));
      this.docs = rows.map(({ doc }) => doc).join("\n");
      this.runs = of((sk) => sk.startsWith("run#")).map(({ doc }) =>
        runSchema.parse(JSON.parse(doc)),
      );
      const images = of((sk) => sk === "head").flatMap(
        ({ doc }) => recipeStateSchema.parse(JSON.parse(doc)).images,
      );
      const marked = images.filter(({ state }) => state === "deleting" || state === "gone");
      this.marked = new Set(marked.map(({ id }) => id));
    } finally {
      db.close();
    }
  }

  hasRun(id: string): boolean {
    return this.runs.some((run) => run.id === id);
  }

  /** What no record announces, of a call that the cloud has heard. Null: it is announced, or need not be. */
  unannounced({ method, url, body = "" }: HttpRequest): string | null {
    const [, service = "", rest = ""] = /^https?:\/\/[^/]+\/(\w+)(\/.*)$/.exec(url) ?? [];
    if (method === "DELETE") {
      const [, image] = /^\/(?:az\d\/)?v2\/images\/([0-9a-f-]{36})$/.exec(rest) ?? [];
      return image === undefined || this.marked.has(image) ? null : `delete of image ${image}`;
    }
    if (method !== "POST") return null;
    const name = nameOf(service, rest, body);
    if (name !== null) return this.docs.includes(`"${name}"`) ? null : `create of ${name}`;
    const [, server] = /\/servers\/([0-9a-f-]{36})\/action$/.exec(rest) ?? [];
    if (server === undefined || !body.includes('"os-stop"')) return null;
    const isAnnounced = this.runs.some((run) => stopAskedAtMs(run, server) !== null);
    return isAnnounced ? null : `stop of server ${server}`;
  }
}

const named = z.object({ name: z.string() });
const created = z.object({
  createImage: z.optional(named),
  "os-volume_upload_image": z.optional(z.object({ image_name: z.string() })),
  snapshot: z.optional(named),
  volume: z.optional(named),
});

/** The name that a create announces; null: it is no create. */
function nameOf(service: string, path: string, body: string): string | null {
  if (service !== "compute" && service !== "volume") return null;
  if (!/\/(action|snapshots|volumes)$/.test(path)) return null;
  const asked = created.parse(JSON.parse(body));
  const { createImage, snapshot, volume } = asked;
  return (
    (createImage ?? snapshot ?? volume)?.name ?? asked["os-volume_upload_image"]?.image_name ?? null
  );
}
