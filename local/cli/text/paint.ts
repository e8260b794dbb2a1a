import { styleText } from "node:util";

/** Colours a piece of text, or leaves it as it is. */
export type Paint = (style: "red" | "green" | "yellow" | "dim" | "bold", text: string) => string;

export function paint(isColoured: boolean): Paint {
  return (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text);
}

const ESCAPE = "\u001b";
const CONTROL_BUT_OURS = new RegExp(`(?!${ESCAPE}\\[\\d+m)(?!\n)\\p{Cc}`, "gu");

const REORDERING = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** What clouds and people name things must not steer a terminal, nor reorder its lines. Our own colours stay. */
export function harmless(text: string): string {
  return text.replaceAll(CONTROL_BUT_OURS, "\uFFFD").replaceAll(REORDERING, "\uFFFD");
}
