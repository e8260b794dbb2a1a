import { describe, expect, it } from "vitest";
import type { Sender } from "../../../shared/webhook/sender.ts";
import { NO_SETTINGS, storedText } from "../../../shared/settings/settings.ts";
import { storedSenders } from "../../../shared/webhook/stored-senders.ts";

const SECRET = "the-secret-of-the-build-system";
const SENDERS = new Map<string, Sender>([
  ["ci", { scheme: "github", secrets: [SECRET, `${SECRET}, the next`] }],
  ["lab", { scheme: "gitlab", secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] }],
]);

describe("senders as they are kept on AWS", () => {
  it("are read as they were written", () => {
    expect(
      storedSenders(
        storedText({
          senders: SENDERS,
          chat: new Map(),
          callbacks: new Map(),
          notifications: new Map(),
        }),
      ),
    ).toEqual(SENDERS);
    expect(storedSenders(storedText(NO_SETTINGS))).toEqual(new Map());
  });

  it.each([
    ["no JSON", `senders: { ci: ${SECRET} }`, "this is no JSON. Put there what regild senders"],
    ["nothing", "", "this is no JSON"],
    ["something else", `"${SECRET}"`, "is not a mapping. Write senders: { ci:"],
    ["no scheme", `{"senders":{"ci":{"secrets":["${SECRET}"]}}}`, "senders.ci.scheme is missing"],
    [
      "an unknown scheme",
      `{"senders":{"ci":{"scheme":"${SECRET}","secrets":["${SECRET}"]}}}`,
      "senders.ci.scheme is unknown. Write github, gitlab, standard_webhooks, hmac, or bearer",
    ],
    [
      "a key that is none",
      `{"senders":{"ci":{"scheme":"github","secrets":["${SECRET}"],"${SECRET}":1}}}`,
      "senders.ci holds an unknown key",
    ],
    [
      "a secret that is short",
      '{"senders":{"ci":{"scheme":"github","secrets":["s3cr3t"]}}}',
      "senders.ci.secrets[0] is shorter than 16 characters",
    ],
  ])("are refused with %s in their place, and no secret is told", (_what, text, problem) => {
    const read = () => storedSenders(text);
    expect(read).toThrow(problem);
    expect(read).not.toThrow(/the-secret|s3cr3t/);
  });

  it("all problems are told at once", () => {
    const text = '{"senders":{"ci":{"scheme":"x","secrets":[]},"lab":{"scheme":"gitlab"}}}';
    expect(() => storedSenders(text)).toThrow(
      /^senders\.ci\.scheme .*; senders\.ci\.secrets .*; senders\.lab\.secrets .*regild senders --export/,
    );
  });
});
