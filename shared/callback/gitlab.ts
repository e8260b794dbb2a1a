import { type CommitState, cut, type GitHostApi } from "./git-host.ts";

const STATES: Record<CommitState, string> = {
  pending: "pending",
  success: "success",
  failure: "failed",
  error: "canceled",
};
/** Of `target_url`: app/models/generic_commit_status.rb. No text is longer here, either. */
const MAX_TEXT = 255;

/**
 * POST /projects/ID/statuses/SHA, the id being the path in one piece. Answers 201. A status that is pending takes no second
 * `pending`: 400 "Cannot transition status via :enqueue from :pending", as after an answer that was lost. 400 also for any
 * other wrong field. Source: lib/api/commit_statuses.rb and the state machine of app/models/commit_status.rb.
 */
export const GITLAB: GitHostApi = {
  url: "https://gitlab.com/api/v4",
  request: ({ url, token }, status) => ({
    method: "POST",
    url: `${url}/projects/${encodeURIComponent(status.repository)}/statuses/${status.sha}`,
    headers: {
      "content-type": "application/json",
      "private-token": token,
      "user-agent": "regild",
    },
    body: JSON.stringify({
      state: STATES[status.state],
      name: cut(status.context, MAX_TEXT),
      description: cut(status.description, MAX_TEXT),
      ...(status.targetUrl === null ? {} : { target_url: status.targetUrl }),
    }),
  }),
  isThere: ({ status, text }, { state }) =>
    status === 400 && state === "pending" && text.includes("Cannot transition status via :enqueue"),
  finalStatuses: [400, 422],
};
