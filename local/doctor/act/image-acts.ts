import { CloudError } from "../../../shared/openstack/errors.ts";
import { finding } from "../../../shared/openstack/finding.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { recipeFinding } from "../recipe-finding.ts";
import { isUploadedRaw } from "../image-findings.ts";
import type { Acting } from "./acting.ts";
import { RIGHTS } from "./rights.ts";
import { PROTECTED, takeProtectionOff } from "./protection.ts";
import { removeMade } from "./remove.ts";

const TAG = "regild-doctor";
const PROPERTY = "regild_doctor_property";
const ACTIVE_SECONDS = 120;

/** An image of a few KiB: uploaded, tagged, described, hidden, given what the recipes ask for (visibility, protection), removed. */
export async function imageActs(acting: Acting, recipes: readonly Recipe[]): Promise<void> {
  const { cloud, mark } = acting;
  const { images } = cloud.ports;
  const id = await acting.make(
    "image",
    { what: "register an image", right: RIGHTS.createImage },
    (name) => cloud.createImage(name, mark.value, "raw"),
  );
  if (id === null) return;
  const change = async (wished: Parameters<typeof images.change>[1]): Promise<void> => {
    const image = await images.image(id);
    if (image === null) acting.failed("the image is gone");
    else await images.change(image, wished);
  };
  const doOne = (what: string, work: () => Promise<void>) =>
    acting.attempt("image", what, RIGHTS.changeImage, work);
  await acting.attempt("image", "upload 4 KiB to it", RIGHTS.uploadImage, async () => {
    await cloud.uploadData(id);
    await acting.until("active", ACTIVE_SECONDS, async () =>
      (await images.image(id))?.status === "active" ? true : null,
    );
  });
  await doOne("add a tag to it and remove it", async () => {
    await images.addTag(id, TAG);
    await images.removeTag(id, TAG);
  });
  await doOne("give it a property", () => change({ properties: { [PROPERTY]: "yes" } }));
  // Hidden first: a public image is in the lists of every project.
  await doOne("hide it", () => change({ hidden: true }));
  for (const visibility of visibilitiesOf(recipes)) {
    await acting.attempt("image", `make it ${visibility}`, VISIBILITY_RIGHTS[visibility], () =>
      change({ visibility }),
    );
  }
  if (recipes.some(({ image }) => image.protected)) {
    await doOne("protect it, and take that off", async () => {
      await change(PROTECTED);
      await takeProtectionOff(cloud, id);
    });
  }
  await removeMade(acting, id);
  await contentAct(acting, recipes.filter(isUploadedRaw));
}

const VISIBILITY_RIGHTS = {
  shared: RIGHTS.changeImage,
  community: RIGHTS.community,
  public: RIGHTS.public,
};

/** Those that the image is not born with. */
function visibilitiesOf(recipes: readonly Recipe[]): Array<keyof typeof VISIBILITY_RIGHTS> {
  const asked = new Set<string>(recipes.map(({ image }) => image.visibility));
  return (["shared", "community", "public"] as const).filter((one) => asked.has(one));
}

/**
 * Whether the image service compares content with disk_format: it is given a text as qcow2. Glance from 2025.1 on
 * answers 415 where require_image_format_match is on, as it is by default. Where it is off, the safety checks go on.
 * An older Glance takes everything. Source: glance/location.py, `set_data` (Glance 30 and 33).
 */
async function contentAct(acting: Acting, uploadedRaw: readonly Recipe[]): Promise<void> {
  const { cloud, mark } = acting;
  const id = await acting.make(
    "image",
    { what: "register an image as qcow2", suffix: "content", right: RIGHTS.createImage },
    (name) => cloud.createImage(name, mark.value, "qcow2"),
  );
  if (id === null) return;
  const inspects = await isRefusedForContent(acting, id);
  if (inspects === false) {
    const message = (await cloud.ports.images.mayCheckContent())
      ? "content: the image service does not compare it with disk_format, and may refuse unsafe disks all the same"
      : "content: the image service takes any content as any disk_format";
    acting.tell(finding("ok", "image", message));
  }
  if (inspects === true) {
    const message =
      "content: the image service inspects it, and refused a text as disk_format qcow2 (415)";
    acting.tell(finding("ok", "image", message));
    for (const recipe of uploadedRaw) acting.tell(rawFinding(recipe));
  }
  await removeMade(acting, id);
}

function rawFinding(recipe: Recipe) {
  return recipeFinding(
    "unknown",
    recipe,
    "image.disk_format",
    "raw: this image service inspects content, and refuses some disks as raw at the end of their upload: LUKS2 or NTFS on the whole volume, a hybrid ISO, an empty partition table",
    "If the volume may hold such a disk, write image.disk_format: qcow2",
  );
}

/** Null: it was refused for another reason, which a finding says. */
async function isRefusedForContent(acting: Acting, id: string): Promise<boolean | null> {
  let isRefused = false;
  const isDone = await acting.attempt("image", "upload a text to it", RIGHTS.uploadImage, () =>
    acting.cloud.uploadData(id).catch((error: unknown) => {
      isRefused = error instanceof CloudError && error.call?.status === 415;
      if (!isRefused) throw error;
    }),
  );
  return isDone ? isRefused : null;
}
