import type { ServerOff } from "../../view/server-off.ts";
import { printable } from "../../progress/text-line.ts";

/** `web-golden is SWITCHED OFF` */
export function serverOffText({ name, certain }: ServerOff): string {
  return `${printable(name)} ${certain ? "is" : "may be"} SWITCHED OFF`;
}
