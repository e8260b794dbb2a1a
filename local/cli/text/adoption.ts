import type * as z from "zod/mini";
import type { adoptionDocument } from "../../view/adoption.ts";
import { counted } from "./format.ts";
import { imageNext } from "./images.ts";

/** What will be done, or was. */
export function adoptionText(
  {
    recipe,
    kind,
    id,
    name,
    image,
    leaves_backup: backup,
    adopted,
  }: z.infer<typeof adoptionDocument>,
  nowMs: number,
): string[] {
  const what = `${kind} ${name || "without a name"} (${id})`;
  if (adopted) return [`${what} is in the line of ${recipe} now.`];
  const lines = [`Regild will take ${what} into the line of ${recipe}:`];
  if (image === null) return lines;
  if (kind === "snapshot")
    return [...lines, `  it is deleted once image ${image.name} (${image.id}) is gone`];
  const { snapshots, next } = image;
  return [
    ...lines,
    "  it is hidden and has the tag regild-retired",
    "  until a rollback makes it current, it fills only a free place of keep, and goes first",
    `  next: ${imageNext(next, nowMs)}`,
    ...(snapshots.length === 0 ? [] : [`  ${counted(snapshots.length, "snapshot")} go with it`]),
    ...(backup === null ? [] : [`  it names backup ${backup}, which stays in CBR when it goes`]),
  ];
}
