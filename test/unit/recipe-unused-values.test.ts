import { expect, it } from "vitest";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { UNUSED_VALUE_RULES } from "../../shared/recipe/unused-values.ts";
import { recipeText } from "./recipe-text.ts";

function warningsOf(image: string): string[] {
  const loaded = loadRecipes(recipeText(`image: { ${image} }`), "recipes.yml", UNUSED_VALUE_RULES);
  expect(loaded).toHaveProperty("recipes");
  return loaded.warnings.map(({ path, message }) => `${path}: ${message}`);
}

it.each([
  ['hw_qemu_guest_agent: "enabled"', 'takes hw_qemu_guest_agent: "enabled" for no. Write "yes"'],
  ["os_require_quiesce: required", "for no"],
  ["trait:CUSTOM_GOLDEN: forbidden", "Only required counts on an image"],
  ['os_secure_boot: "true"', "It takes required, disabled, optional"],
  ["hw_firmware_type: UEFI", "It takes bios, uefi"],
  ["hw_disk_bus: virtio-scsi", "Write hw_disk_bus: scsi and hw_scsi_model: virtio-scsi"],
  ["hw_disk_bus: VirtIO", 'hw_disk_bus: "VirtIO". Write virtio'],
])("warns of the property %s", (property, remedy) => {
  const [warning, ...others] = warningsOf(`properties: { ${property} }`);
  expect(others).toEqual([]);
  expect(warning).toContain("web.image.properties: Nova ");
  expect(warning).toContain(remedy);
});

it.each([
  'hw_qemu_guest_agent: "Yes"',
  'hw_boot_menu: "false"',
  "trait:CUSTOM_GOLDEN: required",
  "os_secure_boot: required",
  "hw_firmware_type: uefi",
  "hw_disk_bus: scsi",
  "of_our_own: enabled",
])("has no word for the property %s", (property) => {
  expect(warningsOf(`properties: { ${property} }`)).toEqual([]);
});

it("names each of several", () => {
  const [warning, ...others] = warningsOf(
    'properties: { hw_firmware_type: UEFI, img_config_drive: "true" }',
  );
  expect(others).toEqual([]);
  expect(warning).toMatch(/hw_firmware_type.*img_config_drive/);
});

it.each(["vhd", "ploop"])("warns of an upload as %s", (format) => {
  const text = `recipes:\n  data: { cloud: c, volume: data, image: { disk_format: ${format} } }\n`;
  const { warnings } = loadRecipes(text, "recipes.yml", UNUSED_VALUE_RULES);
  expect(warnings).toMatchObject([{ path: "data.image.disk_format" }]);
  expect(warnings[0]?.message).toContain("Cinder cannot make it");
});
