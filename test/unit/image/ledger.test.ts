import { describe, expect, it } from "vitest";
import {
  headSchema,
  IMAGE_STATES,
  type Head,
  type ImageState,
} from "../../../shared/image/head.ts";
import {
  addParts,
  awaitLateTries,
  doom,
  doomStrays,
  doomTemporaryParts,
  headDueAtMs,
  imageOf,
  markGone,
  mayMove,
  partGone,
  promote,
  register,
} from "../../../shared/image/ledger.ts";
import { lateTries } from "../../../shared/run/ledger-entries.ts";
import { head, intent, ledgerImage, NOW, part, run } from "../builders.ts";

const RULES = { keep: 3, coolingOffMs: 0, maxDeletes: 5 };
const pairs = IMAGE_STATES.flatMap((from) => IMAGE_STATES.map((to) => [from, to] as const));

const ALLOWED = new Set([
  "candidate → current",
  "candidate → doomed",
  "current → retired",
  "retired → current",
  "retired → doomed",
  "doomed → gone",
]);

/** A head with one image in that state. */
function headWith(state: ImageState): Head {
  const current = state === "current" ? "it" : null;
  return head({ current, images: [ledgerImage({ id: "it", state })] });
}

describe("what may become of an image", () => {
  it.each(pairs)("%s → %s only if the table says so", (from, to) => {
    expect(mayMove(headWith(from), "it", to)).toBe(ALLOWED.has(`${from} → ${to}`));
  });

  it("is nothing, for one that the ledger does not list", () => {
    for (const to of IMAGE_STATES) expect(mayMove(head(), "foreign", to)).toBe(false);
  });

  const moves: Array<[ImageState, (head: Head) => Head | null]> = [
    ["current", (h) => promote(h, "it", NOW, { rules: RULES, uploadSeconds: null })],
    ["doomed", (h) => doom(h, "it", "reason", NOW)],
    ["gone", (h) => markGone(h, "it", NOW)],
  ];
  const attempts = moves.flatMap(([to, move]) => IMAGE_STATES.map((from) => ({ from, to, move })));

  it.each(attempts)("$from → $to is written, or refused by null", ({ from, to, move }) => {
    const moved = move(headWith(from));
    const allowed = ALLOWED.has(`${from} → ${to}`);
    expect(moved && imageOf(moved, "it")?.state).toBe(allowed ? to : null);
  });
});

describe("promotion", () => {
  const before = head({
    current: "old",
    images: [
      ledgerImage({ id: "older", state: "retired" }),
      ledgerImage({ id: "old", state: "current" }),
      ledgerImage({ id: "new", state: "candidate" }),
    ],
  });
  const promoted = (h: Head, id: string) =>
    promote(h, id, NOW, { rules: RULES, uploadSeconds: null }) ?? h;

  it("makes the candidate current and retires the current one, in one write", () => {
    const after = promoted(before, "new");
    expect(after.current).toBe("new");
    expect(after.images.map((i) => [i.id, i.state])).toEqual([
      ["older", "retired"],
      ["old", "retired"],
      ["new", "current"],
    ]);
    expect(imageOf(after, "new")).toMatchObject({ promotedAtMs: NOW, replaces: "old" });
    expect(imageOf(after, "old")).toMatchObject({ retiredAtMs: NOW });
    expect(imageOf(after, "older")).toEqual(imageOf(before, "older"));
  });

  it("of a retired one counts its cooling-off anew when it is retired again", () => {
    const back = promoted(before, "older");
    expect(imageOf(back, "older")).toMatchObject({ state: "current", retiredAtMs: null });
    expect(back.images.filter((i) => i.state === "current")).toHaveLength(1);
  });

  it("has the clouds shown what is current", () => {
    expect(promoted(before, "new").projectAtMs).toBe(NOW);
  });

  it("remembers how long the last ten uploads took, newest last", () => {
    let h = before;
    for (let n = 1; n <= 12; n++) {
      h = head({ ...h, current: null, images: [ledgerImage({ id: "it" })] });
      h = promote(h, "it", NOW, { rules: RULES, uploadSeconds: n }) ?? h;
    }
    expect(h.uploadSeconds).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it("forget an upload that ended before it began, by the clocks of two workers", () => {
    const h = promote(headWith("candidate"), "it", NOW, { rules: RULES, uploadSeconds: -58 });
    expect(h?.uploadSeconds).toEqual([]);
    expect(headSchema.safeParse(h).success).toBe(true);
  });
});

describe("writing down what was made", () => {
  it("leaves an image that is known as it is, whatever became of it", () => {
    const known = headWith("doomed");
    expect(register(known, ledgerImage({ id: "it" }))).toBeNull();
    expect(register(known, ledgerImage({ id: "other" }))?.images).toHaveLength(2);
  });

  it("adds the parts that are new, and says null when none is", () => {
    const h = head({ parts: [part({ id: "s1", state: "gone" })] });
    expect(addParts(h, [part({ id: "s1", state: "kept" })])).toBeNull();
    const more = addParts(h, [part({ id: "s1", state: "kept" }), part({ id: "s2" })]);
    expect(more?.parts.map((p) => [p.id, p.state])).toEqual([
      ["s1", "gone"],
      ["s2", "doomed"],
    ]);
  });

  it("takes a volume and a snapshot of one id for two things", () => {
    const h = head({ parts: [part({ id: "same" })] });
    expect(addParts(h, [part({ id: "same", kind: "volume" })])?.parts).toHaveLength(2);
  });

  it("watches for a create that nobody answered once, not twice", () => {
    const tries = lateTries(run({ lostTries: [intent()] }), NOW);
    const watching = awaitLateTries(head(), tries) ?? head();
    expect(watching.lateTries.map((t) => t.tryId)).toEqual(["try001"]);
    expect(awaitLateTries(watching, tries)).toBeNull();
  });
});

describe("an image that is gone", () => {
  it("dooms its own kept snapshots and no others", () => {
    const h = head({
      images: [ledgerImage({ id: "it", state: "doomed" })],
      parts: [
        part({ id: "own", imageId: "it", state: "kept" }),
        part({ id: "other", imageId: "another", state: "kept" }),
        part({ id: "temporary", imageId: null, state: "kept" }),
        part({ id: "done", imageId: "it", state: "gone" }),
      ],
    });
    expect(markGone(h, "it", NOW)?.parts.map((p) => [p.id, p.state])).toEqual([
      ["own", "doomed"],
      ["other", "kept"],
      ["temporary", "kept"],
      ["done", "gone"],
    ]);
  });

  it("is forgotten once the ledger holds more than 200, longest gone first, and only gone ones are", () => {
    const images = [
      ledgerImage({ id: "current", state: "current" }),
      ...Array.from({ length: 199 }, (_, n) => ledgerImage({ id: `gone-${n}`, state: "gone" })),
      ledgerImage({ id: "it", state: "doomed" }),
    ];
    const left = markGone(head({ current: "current", images }), "it", NOW)?.images ?? [];
    expect(left).toHaveLength(200);
    expect(left.map((i) => i.id)).toContain("current");
    expect(left.map((i) => i.id)).not.toContain("gone-0");
    expect(left.at(-1)).toMatchObject({ id: "it", state: "gone" });
  });
});

describe("the temporary parts of a capture", () => {
  const mine = run().id;
  const h = head({
    activeRun: mine,
    parts: [
      part({ id: "temporary", run: mine, state: "kept" }),
      part({ id: "content", run: mine, state: "kept", imageId: "image" }),
      part({ id: "of another run", state: "kept" }),
    ],
  });

  it("are doomed with their run, and its image's snapshots are not", () => {
    const after = doomTemporaryParts(h, mine);
    expect(after?.parts.map((p) => p.state)).toEqual(["doomed", "kept", "kept"]);
    expect(doomTemporaryParts(after ?? h, mine)).toBeNull();
  });

  it("are remembered as gone while a run works, so that it does not take them up again", () => {
    const doomed = doomTemporaryParts(h, mine) ?? h;
    const gone = partGone(doomed, "snapshot", "temporary") ?? doomed;
    expect(gone.parts[0]).toMatchObject({ id: "temporary", state: "gone" });
    const between = partGone({ ...doomed, activeRun: null }, "snapshot", "temporary");
    expect(between?.parts.map((p) => p.id)).toEqual(["content", "of another run"]);
  });

  it("are not gone as long as they are kept", () => {
    expect(partGone(h, "snapshot", "temporary")).toBeNull();
    expect(partGone(h, "snapshot", "unknown")).toBeNull();
  });
});

describe("with no run at work", () => {
  const stray = head({
    images: [
      ledgerImage({ id: "late", state: "candidate" }),
      ledgerImage({ id: "current", state: "current" }),
      ledgerImage({ id: "gone", state: "gone" }),
    ],
    parts: [
      part({ id: "temporary", state: "kept", imageId: null }),
      part({ id: "of-gone", state: "kept", imageId: "gone" }),
      part({ id: "of-current", state: "kept", imageId: "current" }),
    ],
  });

  it("nothing is a candidate, nor a part of a capture or of an image that is gone: such are doomed", () => {
    const doomed = doomStrays(stray, NOW);
    expect(doomed?.images.map((i) => i.state)).toEqual(["doomed", "current", "gone"]);
    expect(doomed?.parts.map((p) => p.state)).toEqual(["doomed", "doomed", "kept"]);
    expect(headDueAtMs(stray)).toBe(0);
  });

  it("a ledger without strays is left as it is, and so is one that a run works on", () => {
    expect(doomStrays(doomStrays(stray, NOW) ?? stray, NOW)).toBeNull();
    expect(doomStrays({ ...stray, activeRun: "web-20261122-093012-aaaaaa" }, NOW)).toBeNull();
  });
});
