import type { Run } from "./record.ts";

/** `booted in az1 in 42 s, printed "login:"`. */
export function passedTestText({
  zone,
  seconds,
  line,
  answeredAt,
}: Pick<Run["tests"][number], "zone" | "seconds" | "line" | "answeredAt">): string {
  const where = zone === null ? "" : ` in ${zone}`;
  const printed = line === null ? "" : `, printed ${JSON.stringify(line)}`;
  const answered = answeredAt === null ? "" : `, answered at ${answeredAt}`;
  return `booted${where} in ${seconds} s${printed}${answered}`;
}
