import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../local/simulated-cloud/random.ts";
import { PLATFORM } from "../../../shared/chat/platforms.ts";
import { PLATFORMS } from "../../../shared/chat/workspace.ts";
import { deliveryOf } from "../../../shared/webhook/delivery.ts";
import { forge, FORGED_SCHEMES } from "../../chat/forge.ts";
import {
  discordRequest,
  mattermostRequest,
  slackRequest,
  teamsRequest,
} from "../../chat/requests.ts";

const NOW = Date.parse("2026-11-28T09:30:00Z");

it("what is forged from, is accepted", () => {
  for (const { name, genuine, verify } of FORGED_SCHEMES) {
    const delivery = deliveryOf(genuine.headers, Buffer.from(genuine.body));
    expect([name, verify(delivery, [genuine.key], NOW).isGenuine]).toEqual([name, true]);
  }
});

it("none of 100,000 forged requests is accepted (a million: node test/chat/forge-many.ts)", () => {
  const { accepted, tried } = forge(100_000, 20_261_128);
  expect(tried).toBeGreaterThanOrEqual(100_000);
  expect(accepted).toEqual([]);
}, 120_000);

describe("10,000 random bodies", () => {
  const written = { text: "refresh web <b> &amp; @all", id: "1", nowMs: NOW };
  const seeds = {
    slack: slackRequest(written).body,
    mattermost: mattermostRequest(written).body,
    discord: discordRequest(written).body,
    teams: teamsRequest(written).body,
  };
  it.each(PLATFORMS)("do not make the parser of %s throw, and none is genuine", (platform) => {
    const random = seededRandom(4);
    let isAccepted = false;
    const below = (limit: number): number => Math.floor(random() * limit);
    for (let round = 0; round < 10_000; round++) {
      const body = Buffer.from(seeds[platform]);
      const kind = below(3);
      if (kind === 0) for (let n = below(20); n >= 0; n--) body[below(body.length)] = below(256);
      const cut = kind === 1 ? body.subarray(0, below(body.length)) : body;
      const bytes =
        kind === 2 ? Buffer.from(Array.from({ length: below(200) }, () => below(256))) : cut;
      const delivery = deliveryOf({}, bytes);
      PLATFORM[platform].parse(delivery);
      isAccepted ||= PLATFORM[platform].verify(delivery, ["0".repeat(64)], NOW).isGenuine;
    }
    expect(isAccepted).toBe(false);
  });
});
