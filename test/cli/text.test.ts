import { beforeEach, describe, expect, it } from "vitest";
import { about, bytes, clock, duration } from "../../local/cli/text/format.ts";
import { harmless, paint } from "../../local/cli/text/paint.ts";
import { table } from "../../local/cli/text/table.ts";
import { NOW_MS } from "./records.ts";

beforeEach(() => {
  process.env["TZ"] = "UTC";
});

it.each([
  [0.4, "0 s"],
  [59.6, "1 min"],
  [552, "9 min 12 s"],
  [3600, "1 h"],
  [7500, "2 h 5 min"],
  [8 * 86_400 + 3 * 3600, "8 d 3 h"],
])("%f seconds took %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it.each([
  [20, "20 s"],
  [190, "3 min"],
  [7000, "2 h"],
  [30 * 3600, "30 h"],
  [8.2 * 86_400, "8 d"],
])("%f seconds ago is %s", (seconds, text) => {
  expect(about(seconds)).toBe(text);
});

it.each([
  ["2026-11-23T00:05:00Z", "today 00:05 UTC"],
  ["2026-11-22T23:59:00Z", "Sun 23:59 UTC"],
  ["2026-11-25T01:40:00Z", "Wed 01:40 UTC"],
  ["2026-11-16T09:34:00Z", "2026-11-16 09:34 UTC"],
])("on Monday the 23rd, %s is written %s", (time, text) => {
  expect(clock(time, NOW_MS)).toBe(text);
});

it.each([
  ["Europe/Berlin", "2026-11-23T00:05:00Z", "today 01:05 UTC+1"],
  ["Europe/Berlin", "2026-07-01T00:05:00Z", "2026-07-01 02:05 UTC+2"],
  ["Europe/London", "2026-11-22T23:59:00Z", "Sun 23:59 UTC"],
  ["Asia/Kolkata", "2026-11-23T00:05:00Z", "today 05:35 UTC+5:30"],
  ["America/St_Johns", "2026-11-22T23:59:00Z", "Sun 20:29 UTC-3:30"],
])("in %s, %s is written %s", (zone, time, text) => {
  process.env["TZ"] = zone;
  expect(clock(time, NOW_MS)).toBe(text);
});

it.each([
  [0, "0 B"],
  [1536, "1.5 KiB"],
  [2_254_857_830, "2.1 GiB"],
])("%i bytes are %s", (count, text) => {
  expect(bytes(count)).toBe(text);
});

describe("what a terminal is given", () => {
  it("keeps colours of our own, and no other control character", () => {
    const named = `${paint(true)("red", "FAILED")} \u001b[2Jweb\u0007\u009b1A\nnext`;
    expect(harmless(named)).toBe("\u001b[31mFAILED\u001b[39m \uFFFD[2Jweb\uFFFD\uFFFD1A\nnext");
  });

  it("lines columns up, whatever is in them", () => {
    const rows = [
      ["画像", "a"],
      [paint(true)("green", "ok"), "b"],
    ];
    expect(table(["NAME", "X"], rows)).toEqual([
      "NAME  X",
      "画像  a",
      "\u001b[32mok\u001b[39m    b",
    ]);
  });
});
