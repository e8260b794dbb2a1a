import type { Rule } from "./rule.ts";
import { unknownName } from "./unknown-name.ts";

/** A recipe is started by senders that are there only. @param file the name of the file that says which. */
export function senderRule(names: readonly string[], file: string): Rule {
  return {
    fields: [["webhook", "sender"]],
    problemIn({ webhook }) {
      if (webhook === undefined || names.includes(webhook.sender)) return null;
      const { sender } = webhook;
      const example = `senders: { ${sender}: { scheme: github, secrets: ["…"] } }`;
      return unknownName(sender, names, { kind: "sender", file, example });
    },
  };
}

const WEBHOOK_FIELDS = 'url: "https://…", secrets: ["whsec_…"]';

/** The outcome is reported to webhooks that are there only. @param file the name of the file that says which. */
export function callbackRule(names: readonly string[], file: string): Rule {
  return {
    fields: [["callback"]],
    problemIn: ({ callback }) =>
      callback === undefined
        ? null
        : targetProblem(callback.to, names, "callback", file, WEBHOOK_FIELDS),
  };
}

/** A hook is a webhook of the callbacks. */
export function hookRule(names: readonly string[], file: string): Rule {
  return {
    fields: [["prepare", "hook"]],
    problemIn: ({ prepare: { hook } }) =>
      hook === undefined ? null : targetProblem(hook.to, names, "callback", file, WEBHOOK_FIELDS),
  };
}

/** A status is shown at Git hosts that are there only. */
export function commitStatusRule(names: readonly string[], file: string): Rule {
  const fields = 'type: github, token: "…", repositories: ["example/*"]';
  return {
    fields: [["commit_status"]],
    problemIn: ({ commit_status: commit }) =>
      commit === undefined
        ? null
        : targetProblem(
            commit.to,
            names,
            "callback with type: github, gitlab or github_app",
            file,
            fields,
          ),
  };
}

function targetProblem(
  to: string,
  names: readonly string[],
  kind: string,
  file: string,
  fields: string,
): string | null {
  if (names.includes(to)) return null;
  const example = `callbacks: { ${to}: { ${fields} } }`;
  return unknownName(to, names, { kind, file, example });
}
