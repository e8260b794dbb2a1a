import type { ImageChange } from "../../../shared/cloud-ports.ts";
import type { DoctorCloud } from "./doctor-cloud.ts";

const MARK = "regild_doctor_protected";

/** The mark comes with it: a doctor that is killed leaves a protected image, which the next one is to remove. */
export const PROTECTED: ImageChange = { protected: true, properties: { [MARK]: "yes" } };

/** Only what a doctor has set. May be repeated. */
export async function takeProtectionOff({ ports }: DoctorCloud, id: string): Promise<void> {
  const image = await ports.images.image(id);
  if (image?.protected !== true || image.properties[MARK] === undefined) return;
  await ports.images.change(image, { protected: false, properties: { [MARK]: null } });
}
