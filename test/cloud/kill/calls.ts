import * as z from "zod/mini";
import type { ProxiedAnswer, ProxiedRequest } from "../endpoint-proxy.ts";

/** Every call by which Regild changes something in a cloud. */
export const CALLS = [
  "stop server",
  "createImage",
  "upload volume",
  "create snapshot",
  "create volume",
  "start server",
  "change image",
  "add tag",
  "remove tag",
  "delete image",
  "delete snapshot",
  "delete volume",
] as const;
export type Call = (typeof CALLS)[number];

/** Announced before they are sent: the protocol stands an answer of these that comes late. */
export const ANNOUNCED: readonly Call[] = CALLS.slice(0, 5);

/** The image has the id that the call asks for: the protocol stands these however late they arrive. */
export const IMAGE_CREATES: readonly Call[] = ["createImage", "upload volume"];

/** @returns null: it changes nothing, or is sign-in. */
export function callOf({ method, path, body }: ProxiedRequest): Call | null {
  if (method === "POST") return postOf(path, body);
  if (method === "PATCH") return "change image";
  if (method === "PUT" && path.includes("/tags/")) return "add tag";
  if (method !== "DELETE") return null;
  if (path.includes("/tags/")) return "remove tag";
  if (path.includes("/images/")) return "delete image";
  return path.includes("/snapshots/") ? "delete snapshot" : "delete volume";
}

function postOf(path: string, body: string): Call | null {
  if (path.endsWith("/snapshots")) return "create snapshot";
  if (path.endsWith("/volumes")) return "create volume";
  const actions = {
    createImage: "createImage",
    "os-stop": "stop server",
    "os-start": "start server",
    "os-volume_upload_image": "upload volume",
  } as const;
  for (const [action, call] of Object.entries(actions))
    if (body.includes(`"${action}"`)) return call;
  return null;
}

/** Something that the cloud said it makes, seen on its way to Regild, whether or not that lived to hear it. */
export interface Birth {
  kind: "image" | "snapshot" | "volume";
  id: string;
  /** Of the run that asked for it. */
  runId: string;
  /** When the call that made it reached the cloud. */
  atMs: number;
}
type Made = Omit<Birth, "atMs">;

const imageMade = z.object({ image_id: z.string() });
const made = z.object({ id: z.string() });
const askedFor = z.object({ metadata: z.object({ regild_run: z.string() }) });
const imageAsked = z.union([
  z.pipe(
    z.object({ createImage: z.object({ name: z.string() }) }),
    z.transform((asked) => asked.createImage.name),
  ),
  z.pipe(
    z.object({ "os-volume_upload_image": z.object({ image_name: z.string() }) }),
    z.transform((asked) => asked["os-volume_upload_image"].image_name),
  ),
]);

/** Of the create of an image. */
export function runAsking(body: string): string {
  return runOfName(imageAsked.parse(JSON.parse(body)));
}

/** What a call makes: the run is in what was asked for, the id in the answer. */
const BIRTHS: Partial<Record<Call, (asked: unknown, answer: unknown) => Made>> = {
  createImage(asked, answer) {
    const runId = runOfName(imageAsked.parse(asked));
    return { kind: "image", id: imageMade.parse(answer).image_id, runId };
  },
  "upload volume"(asked, answer) {
    const image = z.object({ "os-volume_upload_image": imageMade }).parse(answer);
    const id = image["os-volume_upload_image"].image_id;
    return { kind: "image", id, runId: runOfName(imageAsked.parse(asked)) };
  },
  "create snapshot"(asked, answer) {
    const { snapshot } = z.object({ snapshot: askedFor }).parse(asked);
    const { id } = z.object({ snapshot: made }).parse(answer).snapshot;
    return { kind: "snapshot", id, runId: snapshot.metadata.regild_run };
  },
  "create volume"(asked, answer) {
    const { volume } = z.object({ volume: askedFor }).parse(asked);
    const { id } = z.object({ volume: made }).parse(answer).volume;
    return { kind: "volume", id, runId: volume.metadata.regild_run };
  },
};

/** @returns null: the call makes nothing, or was refused. */
export function madeBy(call: Call, request: ProxiedRequest, answer: ProxiedAnswer): Made | null {
  if (answer.status !== 202) return null;
  return BIRTHS[call]?.(JSON.parse(request.body), JSON.parse(answer.body.toString())) ?? null;
}

/** The recipes here call their images `RUN-TRY`. */
export const IMAGE_NAME = "${{ run_id }}-${{ short_id }}";

export function runOfName(name: string): string {
  return name.slice(0, name.lastIndexOf("-"));
}

/** Empty: not such a name. */
export function recipeOfName(name: string): string {
  return /^(.+)-\d{8}-\d{6}-\w{6}-\w{6}$/.exec(name)?.[1] ?? "";
}
