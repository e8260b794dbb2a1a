import type { Image } from "../../../local/simulated-cloud/resources.ts";
import type { Head, ImageState } from "../../../shared/image/head.ts";
import { HOUR, intent, ledgerImage, MINUTE, part, run } from "../../unit/builders.ts";
import { type Story, told } from "./story.ts";

/** Parts that several stories begin with. */

export const TAG = "/tags/regild-current-web";
export const FIRST = "web-20261121-093012-aaaaaa";
const SECOND = "web-20261122-093012-aaaaaa";
/** What a run has told once it has announced a snapshot. */
export const STORY = [told("intent", "web-try001"), told("intent", "snapshot")];
const RULES = { keep: 1, coolingOffMs: HOUR, maxDeletes: 5 };

export function stopping(s: Story): void {
  const stop = intent({ kind: "stop-server", id: "stop01", name: "stop01", atMs: s.nowMs });
  const timeline = [told("intent", "web-try001"), told("intent", "stops web")];
  s.run({ locked: true, intent: stop, timeline });
}

export function stopped(s: Story): void {
  s.announcing();
  s.source({ owner: run().id, wishedPower: "ACTIVE" });
  stopping(s);
  s.act({ "os-stop": null });
  s.wait(MINUTE);
}

export function ledger(s: Story, id: string, state: ImageState): void {
  const current = state === "current" ? id : null;
  const images = [ledgerImage({ id, state, run: run().id, retiredAtMs: null })];
  s.head({ activeRun: run().id, current, images });
}

/** Of the only run there is, as a temporary one. @returns its id. */
export function snapshot(s: Story, state: "kept" | "doomed"): string {
  const volume = s.cloud.operator.addVolume({ name: "data" });
  const open = intent({ kind: "create-snapshot", id: "snap01", name: "regild-web-snap01" });
  const { timeline } = s.announcing();
  const source = { ...run().source, id: volume.id, volumeId: volume.id, lockIds: [s.web.id] };
  const known = { source: { ...builtSource(), ...source }, locked: true };
  s.run({ ...known, intent: open, timeline: [...timeline, told("intent", "snapshot")] });
  const body = { snapshot: { volume_id: volume.id, name: open.name, metadata: {}, force: true } };
  s.ask("POST", `/volume/v3/${s.cloud.demo.project.id}/snapshots`, body);
  s.wait(MINUTE);
  const made = s.cloud.operator.snapshotsNamed(open.name)[0];
  if (made === undefined) throw new Error("no snapshot was made");
  s.head({ activeRun: run().id, parts: [part({ id: made.id, state, run: run().id })] });
  return made.id;
}

function builtSource() {
  const { source } = run();
  if (source === null) throw new Error("the builder's run has a source");
  return source;
}

/** Two complete images of earlier runs: one retired just now, one current. */
export function twoPromoted(s: Story, secondRun = SECOND): [Image, Image] {
  const old = s.cloud.operator.addImage({ name: "old" });
  const young = s.cloud.operator.addImage({ name: "young" });
  s.checker.effect();
  s.head({ rules: RULES, images: [ledgerImage({ id: old.id, run: FIRST })] });
  const first = ledgerImage({ id: old.id, run: FIRST, state: "current" });
  s.head({
    rules: RULES,
    current: old.id,
    images: [first, ledgerImage({ id: young.id, run: secondRun })],
  });
  const second = ledgerImage({ id: young.id, run: secondRun, state: "current" });
  s.head({ rules: RULES, current: young.id, images: [{ ...first, state: "retired" }, second] });
  return [old, young];
}

export function headOf(s: Story): Head {
  const head = s.checker.records.head("web");
  if (head === null) throw new Error("there is no head");
  return head;
}

export function dooms(s: Story, { id }: Image): void {
  const head = headOf(s);
  const images = head.images.map((i) => (i.id === id ? { ...i, state: "doomed" as const } : i));
  s.head({ ...head, images });
}

export function gaveUp(s: Story, id: string): void {
  const failure = {
    code: "image-vanished",
    message: "m",
    remedy: "r",
    step: "check-status" as const,
    atMs: s.nowMs,
    evidence: [],
  };
  const candidate = {
    id,
    tryId: "web-try001",
    creationName: "web-try001",
    askedAtMs: s.nowMs,
    activeAtMs: null,
    sizeBytes: null,
    missingSinceMs: null,
    wasSaving: true,
  };
  const timeline = [told("intent", "web-try001")];
  s.run({ locked: true, candidate, failure, timeline, step: "abandon" });
}
