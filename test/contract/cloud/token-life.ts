import { expect } from "vitest";
import * as z from "zod/mini";
import type { Operator } from "../../cloud/operator.ts";
import { loginBody, postToken, type RawAnswer } from "../raw-cloud.ts";
import type { Stage } from "../stage.ts";

const withEnd = z.object({ token: z.object({ expires_at: z.string() }) });

/**
 * What `signIn` is given lives for so long, and every later token as long as usual: the services sign in as well,
 * and a token of theirs that ends between two calls is not what the tests are about.
 */
export async function withTokenLife<Result>(
  operator: Operator,
  seconds: number,
  signIn: () => Promise<Result>,
): Promise<Result> {
  operator.tokenLife(seconds);
  try {
    return await signIn();
  } finally {
    operator.tokenLife(null);
  }
}

/**
 * A token that was answered 200 once, and when it ends. On a slow machine a short life is over before that first
 * answer, which then says nothing: the next token lives four times as long.
 */
export async function tokenGoodAtFirst(
  stage: Stage,
  operator: Operator,
  use: (token: string) => Promise<RawAnswer>,
): Promise<{ token: string; endMs: number }> {
  const { http, config, now } = stage.target;
  for (const seconds of [5, 20, 80]) {
    const answer = await withTokenLife(operator, seconds, () =>
      postToken(http, config.authUrl, loginBody(config)),
    );
    const token = answer.headers["x-subject-token"] ?? "";
    const endMs = Date.parse(withEnd.parse(answer.json).token.expires_at);
    const { status } = await use(token);
    if (now() >= endMs) continue;
    expect(status).toBe(200);
    return { token, endMs };
  }
  throw new Error("no token lived until the answer to its first use: a life of 80 s is too short");
}
