import { type CommitStatus, cut, type GitHostApi } from "./git-host.ts";

/** Over it: 422 "description is too long (maximum is 140 characters)", github.com/vince-riv/argo-diff/issues/49. */
const MAX_DESCRIPTION = 140;
const MAX_CONTEXT = 255;

/**
 * POST /repos/OWNER/REPO/statuses/SHA. Answers 201. 422: a field is wrong, or there is no such commit. The newest status
 * of a context counts; there are at most 1,000 per commit and context.
 * Source: docs.github.com, REST API endpoints for commit statuses, version 2022-11-28.
 */
export const GITHUB: GitHostApi = {
  url: "https://api.github.com",
  request: ({ url, token }, status) => ({
    method: "POST",
    url: `${url}/repos/${pathOf(status)}`,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "user-agent": "regild",
      "x-github-api-version": "2022-11-28",
    },
    body: JSON.stringify({
      state: status.state,
      context: cut(status.context, MAX_CONTEXT),
      description: cut(status.description, MAX_DESCRIPTION),
      ...(status.targetUrl === null ? {} : { target_url: status.targetUrl }),
    }),
  }),
  isThere: () => false,
  finalStatuses: [422],
};

function pathOf({ repository, sha }: CommitStatus): string {
  return `${repository.split("/").map(encodeURIComponent).join("/")}/statuses/${sha}`;
}
