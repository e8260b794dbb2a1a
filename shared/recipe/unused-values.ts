import type { Rule } from "./rule.ts";

/**
 * Warns of values that every cloud takes, and that its services cannot use. Nova reads the properties of an image only when a
 * server is made of it. Seen with Nova 26.2.2 and Cinder 21.3.1: findings/nova-passes-over-some-property-values.sh and
 * findings/cinder-uploads-no-vhd-and-no-ploop.sh.
 */
export const UNUSED_VALUE_RULES: readonly Rule[] = [
  {
    fields: [["image", "disk_format"]],
    isWarning: true,
    problemIn({ image }) {
      const format = image.disk_format;
      return format === "vhd" || format === "ploop"
        ? `${format} is accepted and then fails, because Cinder cannot make it since June 2024. Write qcow2, or vhdx, and convert the file yourself`
        : null;
    },
  },
  {
    fields: [["image", "properties"]],
    isWarning: true,
    problemIn({ image }) {
      const problems = Object.entries(image.properties).flatMap(
        ([name, value]) => problemOf(name, value) ?? [],
      );
      return problems.length === 0 ? null : problems.join(". ");
    },
  },
];

/** Source: nova/objects/image_meta.py, the fields of type FlexibleBooleanField. */
const FLAGS = [
  "hw_boot_menu",
  "hw_locked_memory",
  "hw_mem_encryption",
  "hw_pmu",
  "hw_qemu_guest_agent",
  "hw_time_hpet",
  "hw_vif_multiqueue_enabled",
  "os_require_quiesce",
];
/** Source: oslo_utils/strutils.py, `bool_from_string`. Every other value is taken for no. */
const FLAG_VALUES = ["1", "t", "true", "on", "y", "yes", "0", "f", "false", "off", "n", "no"];

/** Source: nova/objects/fields.py. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  hw_firmware_type: ["bios", "uefi"],
  img_config_drive: ["mandatory", "optional"],
  os_secure_boot: ["required", "disabled", "optional"],
};

function problemOf(name: string, value: string): string | null {
  if (FLAGS.includes(name) && !FLAG_VALUES.includes(value.trim().toLowerCase()))
    return `Nova takes ${name}: "${value}" for no. Write "yes" or "no"`;
  if (name.startsWith("trait:") && value !== "required")
    return `Nova passes over ${name}: "${value}". Only required counts on an image`;
  if (name === "hw_disk_bus" && value.toLowerCase() === "virtio-scsi")
    return `Nova makes no server of an image with ${name}: "${value}". Write hw_disk_bus: scsi and hw_scsi_model: virtio-scsi`;
  if (name === "hw_disk_bus" && value !== value.toLowerCase())
    return `Nova makes no server of an image with ${name}: "${value}". Write ${value.toLowerCase()}`;
  const words = WORDS[name];
  return words === undefined || words.includes(value)
    ? null
    : `Nova makes no server of an image with ${name}: "${value}". It takes ${words.join(", ")}`;
}
