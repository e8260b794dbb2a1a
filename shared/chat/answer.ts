import { refusal } from "../json-answer.ts";

export const TOO_LARGE = refusal(413, {
  code: "too-large",
  message: "The body is over 64 KiB",
  remedy: "Send only what a chat platform sends for a command",
});

/** The same whatever is wrong: a stranger learns nothing, not even which workspaces there are. */
export const NOT_VERIFIED = refusal(401, {
  code: "not-verified",
  message: "Signature check failed",
  remedy: "Compare URL, platform, secret and clock. The log says what is wrong",
});

export const NOT_A_COMMAND = refusal(400, {
  code: "not-a-command",
  message: "The body is not a command of this platform",
  remedy: "Compare the platform of this workspace in regild.yml with the sender",
});

export const UNAVAILABLE = refusal(503, {
  code: "unavailable",
  message: "The chat workspaces cannot be read",
  remedy: "Try again in a minute. The log says what is wrong",
});
