import type { Command } from "commander";
import * as z from "zod/mini";
import type { ServerWish } from "../../doctor/act/server-acts.ts";
import { usageError } from "../command-error.ts";

const optionsSchema = z.object({
  cloud: z.optional(z.string()),
  act: z._default(z.boolean(), false),
  yes: z._default(z.boolean(), false),
  serverImage: z.optional(z.string()),
  serverFlavor: z.optional(z.string()),
  serverNetwork: z.optional(z.string()),
});

export interface DoctorOptions {
  cloud: string | undefined;
  act: boolean;
  yes: boolean;
  server: ServerWish | null;
}

export function addDoctorOptions(command: Command): Command {
  return command
    .option("--cloud <name>", "an entry of clouds.yaml, whether a recipe uses it or not")
    .option("--act", "also try what runs do, on things of its own, and remove them")
    .option("--yes", "with --act: do not ask first")
    .option("--server-image <image>", "with --act: make a server of this image, by id or name")
    .option("--server-flavor <flavor>", "with --act: of this flavor, by id or name")
    .option("--server-network <id>", "with --act: in this network (default: none)");
}

/** @throws CommandError: options that do not fit together. */
export function readDoctorOptions(options: unknown): DoctorOptions {
  const read = optionsSchema.parse(options);
  const { cloud, act, yes, serverImage: image, serverFlavor: flavor } = read;
  const network = read.serverNetwork ?? "none";
  const isServerNamed =
    image !== undefined || flavor !== undefined || read.serverNetwork !== undefined;
  if (!act && (yes || isServerNamed)) {
    throw usageError(
      "--yes and --server-… belong to --act",
      "Write regild doctor --act, or leave them out",
    );
  }
  if (!isServerNamed) return { cloud, act, yes, server: null };
  if (image === undefined || flavor === undefined) {
    throw usageError(
      "A server needs an image and a flavor",
      "Name both: --server-image IMAGE --server-flavor FLAVOR",
    );
  }
  return { cloud, act, yes, server: { image, flavor, network } };
}
