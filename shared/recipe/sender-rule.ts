import type { Rule } from "./rule.ts";
import { closest } from "./did-you-mean.ts";

/** A recipe is started by senders that are there only. @param file the name of the file that says which. */
export function senderRule(names: readonly string[], file: string): Rule {
  return {
    fields: [["webhook", "sender"]],
    problemIn({ webhook }) {
      if (webhook === undefined || names.includes(webhook.sender)) return null;
      const { sender } = webhook;
      const meant = closest(sender, names);
      const remedy =
        meant === null
          ? `Write it there: senders: { ${sender}: { scheme: github, secrets: ["…"] } }`
          : `Did you mean ${meant}?`;
      return `${sender} is no sender of ${file}. ${remedy}`;
    },
  };
}

/** The outcome is reported to callbacks that are there only. @param file the name of the file that says which. */
export function callbackRule(names: readonly string[], file: string): Rule {
  return {
    fields: [["callback"]],
    problemIn({ callback }) {
      if (callback === undefined || names.includes(callback.to)) return null;
      const meant = closest(callback.to, names);
      const remedy =
        meant === null
          ? `Write it there: callbacks: { ${callback.to}: { url: "https://…", secrets: ["whsec_…"] } }`
          : `Did you mean ${meant}?`;
      return `${callback.to} is no callback of ${file}. ${remedy}`;
    },
  };
}
