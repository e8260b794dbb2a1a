import { expect, it } from "vitest";
import { isAbandoned } from "../../local/doctor/act/abandoned.ts";
import { MARK_KEY, newMark, originOf } from "../../local/doctor/act/mark.ts";
import { NOW } from "../unit/builders.ts";
import { ActStage, SELF } from "./act-stage.ts";

/** No process of this machine has this id. */
const DEAD = { machine: SELF.machine, pid: 2 ** 22 + 1 };
const SERVER = { image: "base", flavor: "sim.tiny", network: "none" };
const Killed = class extends Error {};

/** A doctor that is killed at its nth request that is no GET. @returns whether it came so far. */
async function killed(stage: ActStage, nth: number): Promise<boolean> {
  let count = 0;
  let isDead = false;
  stage.onRequest = ({ method, url }) => {
    if (method !== "GET" && !url.endsWith("/auth/tokens")) count += 1;
    isDead ||= count > nth;
    if (isDead) throw new Killed();
  };
  await stage.act({ server: SERVER, self: DEAD }).catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
  stage.onRequest = () => {};
  return isDead;
}

it("a doctor removes first what one left behind that was killed at any call", async () => {
  let left = 0;
  for (let nth = 1; ; nth += 1) {
    const stage = new ActStage();
    if (!(await killed(stage, nth))) break;
    stage.nowMs += 5000;
    left += stage.left().length;
    const findings = await stage.act();
    expect(stage.left(), `killed after call ${nth}`).toEqual([]);
    expect(findings.filter(({ state }) => state === "problem")).toEqual([]);
  }
  expect(left).toBeGreaterThan(10);
});

it("things of people stay, whatever they are named", async () => {
  const stage = new ActStage();
  const { operator } = stage.cloud;
  const own = newMark(DEAD, NOW, "bbbbbb");
  const name = `regild-doctor-${own.id}-volume`;
  operator.addVolume({ name });
  operator.addVolume({ name, metadata: { [MARK_KEY]: "20261123-093012-cccccc 0a0a0a0a 1" } });
  operator.addVolume({ name, sizeGib: 2, metadata: { [MARK_KEY]: own.value } });
  operator.addVolume({ name: "regild-doctor-notes", metadata: { [MARK_KEY]: own.value } });
  operator.addVolume({ name: "data", metadata: { [MARK_KEY]: own.value } });
  const image = operator.addImage({ name: "base" });
  const properties = { regild_doctor: "yes", [MARK_KEY]: own.value };
  operator.addImage({ name: "golden", properties });
  operator.addServer({ name: "regild-doctor-x", image, metadata: { [MARK_KEY]: own.value } });
  const before = stage.left();
  const findings = await stage.act();
  expect(stage.left()).toEqual(before);
  const alone = findings.filter(({ message }) => message.includes("left alone"));
  expect(alone.map(({ state }) => state)).toEqual(Array(5).fill("unknown"));
});

it("a doctor at work on another machine is not disturbed within an hour", async () => {
  const stage = new ActStage();
  const other = newMark({ machine: "ffffffff", pid: 1 }, NOW, "bbbbbb");
  const name = `regild-doctor-${other.id}-volume`;
  stage.cloud.operator.addVolume({ name, metadata: { [MARK_KEY]: other.value } });
  expect((await stage.act()).map(({ message }) => message).join()).toContain("may be at work");
  expect(stage.left()).toEqual([name]);
  stage.nowMs = NOW + 3_700_000;
  await stage.act();
  expect(stage.left()).toEqual([]);
});

it.each([
  ["on this machine, dead", { ...SELF }, 0, false, true],
  ["on this machine, alive", { ...SELF }, 0, true, false],
  ["on this machine, with the id of this very process", { ...SELF, pid: 99 }, 0, true, true],
  ["on another machine", { machine: "ffffffff", pid: 1 }, 3_599_000, false, false],
  ["on another machine, an hour ago", { machine: "ffffffff", pid: 1 }, 3_601_000, true, true],
])("a doctor %s is judged", (_case, maker, agoMs, alive, expected) => {
  const origin = { ...maker, id: "x", startedAtMs: NOW - agoMs };
  const self = { ...SELF, pid: 99 };
  expect(isAbandoned(origin, { self, nowMs: NOW, isAlive: () => alive })).toBe(expected);
});

it("a mark is read back, and only beside its own name", () => {
  const mark = newMark(SELF, NOW, "abc123");
  expect(mark.id).toBe("20261123-093012-abc123");
  const name = `regild-doctor-${mark.id}-volume`;
  expect(originOf(name, mark.value)).toEqual({ ...SELF, id: mark.id, startedAtMs: NOW });
  for (const wrong of [undefined, "", "x", `${mark.id} 0a0a0a0a`, mark.value.replace("abc", "abd")])
    expect(originOf(name, wrong)).toBeNull();
  expect(originOf(`${name}-2`, mark.value)).toBeNull();
});
