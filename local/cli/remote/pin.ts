import type * as z from "zod/mini";
import { pinDocument } from "../../view/pin.ts";
import type { Remote } from "./remote.ts";

/** `regild pin` and `regild unpin` on another host. @param reason null: the pin is taken out. */
export async function pinThere(
  remote: Remote,
  image: string,
  { reason, recipe }: { reason: string | null; recipe: string | null },
): Promise<z.infer<typeof pinDocument>> {
  const path = `/v1/images/${encodeURIComponent(image)}`;
  const asked =
    reason === null
      ? remote.post(`${path}/unpin`, { recipe }, pinDocument)
      : remote.post(`${path}/pin`, { recipe, reason }, pinDocument);
  return (await asked).document;
}
