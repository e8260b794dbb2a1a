const MS_PER_UNIT = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

/** Units from large to small, each at most once. */
const DURATION_PATTERN =
  /^(?=.)(?:(?<w>\d+)w)?(?:(?<d>\d+)d)?(?:(?<h>\d+)h)?(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?$/;

/** Far beyond any sensible wait, and every date made with it is still a date. */
const LONGEST_MS = 520 * MS_PER_UNIT.w;

/**
 * Reads `90s`, `10m`, `1h30m`, `7d`, `2w`.
 * A problem continues a sentence that begins with the text: "8" `has no unit. Write 8h, 8m or 8s`.
 */
export function parseDuration(text: string): { ms: number } | { problem: string } {
  if (/^\d+$/.test(text)) return { problem: noUnit(text) };
  const units = DURATION_PATTERN.exec(text)?.groups;
  if (units === undefined) {
    return { problem: "is not a duration. Write for example 90s, 10m, 1h30m, 7d or 2w" };
  }
  let ms = 0;
  for (const [unit, msPerUnit] of Object.entries(MS_PER_UNIT)) {
    ms += Number(units[unit] ?? 0) * msPerUnit;
  }
  if (ms > LONGEST_MS) return { problem: "is longer than ten years. Write 520w or less" };
  return { ms };
}

export function noUnit(number: string | number): string {
  return `has no unit. Write ${number}h, ${number}m or ${number}s`;
}

/** Writes what `parseDuration` reads, in units of a week down to a second; parts of a second are dropped. */
export function formatDuration(ms: number): string {
  let text = "";
  let left = ms;
  for (const [unit, msPerUnit] of Object.entries(MS_PER_UNIT)) {
    const count = Math.floor(left / msPerUnit);
    if (count > 0) text += `${count}${unit}`;
    left -= count * msPerUnit;
  }
  return text === "" ? "0s" : text;
}
