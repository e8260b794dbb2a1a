import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import type { Run } from "../run/record.ts";
import { sealed } from "./dsse.ts";
import { provenanceKey, provenanceSchema } from "./record.ts";
import { sha256, statementOf } from "./statement.ts";

/**
 * Stores the statement of what made the image, signed if there is a key. The first one that was stored counts, so that
 * two workers promote with one statement.
 * @param diskImages of further data disks: one statement is of the whole set.
 * @throws Error if there is a key that cannot be read: nothing is stored then.
 * @returns its digest, as the image's property has it.
 */
export async function attest(
  ctx: Ctx,
  run: Run,
  image: Image,
  diskImages: readonly Image[] = [],
): Promise<string> {
  const { attestation } = ctx;
  const version = attestation?.version ?? null;
  const key = (await attestation?.key()) ?? null;
  const statement = statementOf(run, image, { version, nowMs: ctx.now(), diskImages });
  const envelope = JSON.stringify(sealed(statement, key));
  const stored = await ctx.keepFirst(provenanceKey(run.recipeName, image.id), provenanceSchema, {
    schema: 1,
    imageId: image.id,
    envelope,
  });
  return `sha256:${sha256(stored.envelope)}`;
}
