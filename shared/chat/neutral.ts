import { steerless } from "../plain-text.ts";

/** A zero-width space: no client makes a link or a mention of a text with one inside. */
const NO_LINK = "\u200b";

/** Text of users, image names and messages of clouds: one line that no chat makes a link or a mention of. */
export function neutral(text: string): string {
  return steerless(text).replaceAll("://", `:${NO_LINK}//`).replaceAll("@", `@${NO_LINK}`);
}

/** Escapes the markup of Markdown dialects by a backslash, and what would begin a list, a heading or a code block. */
export function escapedMarkdown(text: string): string {
  return neutral(text)
    .trimStart()
    .replaceAll(/[\\*_~`|<>#[\]()!]/g, "\\$&")
    .replace(/^[-+=]/, "\\$&");
}
