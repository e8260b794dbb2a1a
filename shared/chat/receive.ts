import { errorOf, errorLine } from "../protocol/error-text.ts";
import type { Deps } from "../protocol/step.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Answer } from "../json-answer.ts";
import { type Delivery, deliveryOf } from "../webhook/delivery.ts";
import { NOT_A_COMMAND, NOT_VERIFIED, TOO_LARGE, UNAVAILABLE } from "./answer.ts";
import { type Asked, toUser } from "./commands/command.ts";
import { perform } from "./commands/perform.ts";
import type { ChatCommand, HttpReply, Reply } from "./platform.ts";
import { openPressAnswer } from "./press/open-press-answer.ts";
import { PLATFORM } from "./platforms.ts";
import type { SharedRead } from "./shared-read.ts";
import { keysOf, type PlatformName, PLATFORMS, type Workspace } from "./workspace.ts";

export const MAX_BODY_BYTES = 64 * 1024;
const LONGEST_NAME_TOLD = 40;
const LONGEST_ID = 255;

export interface Receiver extends Pick<
  Deps,
  "store" | "queue" | "keepTogether" | "ids" | "log" | "now"
> {
  /** The installation's name; asked for, as are the recipes, once a request is verified. */
  installationId: () => Promise<string>;
  recipes: () => ReadonlyMap<string, Recipe>;
  /** By name. */
  chat: () => Promise<ReadonlyMap<string, Workspace>>;
  sharedRead: SharedRead;
}

export interface Arrival {
  /** The name in the URL. */
  workspace: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Uint8Array;
}

/**
 * Takes a command of a chat: verifies it, and does what the rules allow its user. Nothing of the body is believed before,
 * and nothing of it is logged but the platform's ids.
 */
export async function receiveCommand(on: Receiver, arrival: Arrival): Promise<Answer> {
  const told = { workspace: arrival.workspace.slice(0, LONGEST_NAME_TOLD) };
  const refuse = (answer: Answer, reason: string): Answer => {
    on.log.warn("chat request refused", { ...told, status: answer.status, reason });
    return answer;
  };
  if (arrival.body.length > MAX_BODY_BYTES) return refuse(TOO_LARGE, "the body is over 64 KiB");
  const chat = await on.chat().catch((error: unknown) => {
    on.log.error("chat workspaces cannot be read", { ...told, error: errorLine(errorOf(error)) });
    return null;
  });
  if (chat === null) return UNAVAILABLE;

  const workspace = chat.get(arrival.workspace);
  const request = deliveryOf(arrival.headers, arrival.body);
  const problem = problemWith(request, workspace, on.now());
  if (workspace === undefined || problem !== null) return refuse(NOT_VERIFIED, problem ?? "");

  const platform = PLATFORM[workspace.platform];
  const asked = platform.parse(request);
  if (asked === null || ("id" in asked && asked.id.length > LONGEST_ID)) {
    return refuse(NOT_A_COMMAND, `the body is not a command of ${workspace.platform}`);
  }
  if (asked.kind === "ping") return answered(platform.pong());
  if (asked.workspace !== workspace.workspace) {
    const { workspace: id, user, channel } = asked;
    return refuse(
      NOT_VERIFIED,
      `it is from ${JSON.stringify({ id, user, channel })}, not from the id in regild.yml`,
    );
  }
  const reply = await replyTo(on, arrival.workspace, workspace, asked);
  if (asked.pressed === undefined || platform.answersToPress === undefined) {
    return answered(platform.render(reply, asked, { workspace, nowMs: on.now() }));
  }
  const where = { name: arrival.workspace, workspace };
  await openPressAnswer(on, where, asked, platform.answersToPress(reply, asked));
  return answered(platform.pong());
}

function answered(reply: HttpReply): Answer {
  return { status: 200, ...reply };
}

/** A store that fails is told to the user in words: platforms show no other answer, and do not send a command again. */
async function replyTo(
  on: Receiver,
  workspaceName: string,
  workspace: Workspace,
  by: ChatCommand,
): Promise<Reply> {
  const told = { workspace: workspaceName, user: by.user, channel: by.channel, request: by.id };
  try {
    const installationId = await on.installationId();
    const asked: Asked = {
      on,
      installationId,
      recipes: on.recipes(),
      workspaceName,
      workspace,
      by,
    };
    const reply = await perform(asked);
    on.log.info("chat command answered", told);
    return reply;
  } catch (error) {
    on.log.error("chat command failed", { ...told, error: errorLine(errorOf(error)) });
    return toUser(
      "Regild could not do that",
      "Its store did not answer. Look before you try again: status says if a run has started.",
    );
  }
}

/** Keys that nobody signs with. */
const NOBODY: Readonly<Record<PlatformName, string>> = {
  slack: "what anybody may know of nobody",
  mattermost: "what anybody may know of nobody",
  teams: Buffer.alloc(32, 1).toString("base64"),
  discord: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
};

/**
 * Every refusal does the work of every platform once, so that its time tells neither the platform nor whether a workspace
 * has the name.
 * @returns null: the request is genuine.
 */
function problemWith(
  request: Delivery,
  workspace: Workspace | undefined,
  nowMs: number,
): string | null {
  if (workspace !== undefined) {
    const { platform } = workspace;
    const verdict = PLATFORM[platform].verify(request, keysOf(workspace), nowMs);
    if (verdict.isGenuine) return null;
    verifyByNobody(request, nowMs, platform);
    return verdict.reason;
  }
  verifyByNobody(request, nowMs, null);
  return "no workspace has this name";
}

function verifyByNobody(request: Delivery, nowMs: number, but: PlatformName | null): void {
  for (const platform of PLATFORMS) {
    if (platform !== but) PLATFORM[platform].verify(request, [NOBODY[platform]], nowMs);
  }
}
