import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { csvLine } from "../../local/cli/csv.ts";
import { cleanUpSheet } from "../../local/cli/text/clean-up.ts";
import { imagesSheet } from "../../local/cli/text/images.ts";
import { paint } from "../../local/cli/text/paint.ts";
import { chosen, type Sheet, sheetText, sheetValues } from "../../local/cli/text/sheet.ts";
import type { ImageView } from "../../local/view/images.ts";
import { NOW_MS } from "./records.ts";

process.env["TZ"] = "UTC";
const ID = "5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77";
const NAME = "golden-image-of-the-build-runners-20261123-k3f9q2";
const IMAGE: ImageView = {
  id: ID,
  name: NAME,
  state: "retired",
  version: null,
  backup: null,
  disks: [],
  pinned: null,
  revoked: null,
  stored_bytes: 2_254_857_830,
  snapshots: [],
  zones: [],
  copies: [],
  availability_zone: null,
  shared_with: [],
  protection: null,
  created_at: "2026-11-21T09:34:00Z",
  run: "web-20261121-093000-aaaaaa",
  next: {
    action: "delete",
    at: "2026-11-25T08:34:00Z",
    position: 4,
    keep: 3,
    reason: null,
    reason_seen_at: null,
  },
  cloud: "demo",
  region_name: null,
  promoted_at: null,
  fault: null,
  retired_at: null,
};
const SHEET = imagesSheet([IMAGE], NOW_MS);

describe("a table", () => {
  it.each([200, 120, 100, 80])("is at most %i wide, and the id is whole", (width) => {
    const lines = sheetText(SHEET, width);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
    expect(lines[1]).toContain(ID);
  });

  it("cuts a name in its middle", () => {
    const [, row] = sheetText(SHEET, 120);
    expect(row).toMatch(/golden\S*…\S*f9q2/);
  });

  it("keeps the id even where nothing else has room", () => {
    expect(sheetText(SHEET, 10).join("\n")).toContain(ID);
  });

  it.each([80, 60])("puts a text with ids below its row if %i columns have no room", (width) => {
    const sheet = cleanUpSheet([
      {
        fate: "keep",
        kind: "snapshot",
        id: ID,
        name: NAME,
        size_gib: 1,
        recipe: "web",
        cloud: "demo",
        region_name: null,
        services: [],
        in_use_by: [],
        why: `image ${ID} needs it`,
        run: null,
      },
    ]);
    const lines = sheetText(sheet, width);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
    expect(lines.filter((_, index) => index % 2 === 1)).toEqual([
      "  WHY",
      `  image ${ID} needs it`,
    ]);
    expect(lines[2]).toMatch(new RegExp(`^keep +snapshot +${ID}`));
    expect(sheetText(sheet, 120)[0]).toMatch(/^WHAT .* WHY$/);
  });

  it("wraps a coloured text and colours each of its lines, and no other column", () => {
    const sheet: Sheet = {
      columns: [
        { name: "STATE", give: "text" },
        { name: "ID", give: "never" },
      ],
      rows: [[paint(true)("red", "nobody works on it since then"), "x"]],
    };
    const [, first = "", second = ""] = sheetText(sheet, 20);
    expect(first.startsWith("\u001b[31m")).toBe(true);
    expect(first).toContain("\u001b[39m  ");
    expect(first.endsWith("x")).toBe(true);
    expect(second.startsWith("\u001b[31m")).toBe(true);
    expect(second.endsWith("\u001b[39m")).toBe(true);
  });
});

describe("columns", () => {
  it.each(["ID", "id", "Id"])("are found as %s", (name) => {
    expect(sheetValues(chosen(SHEET, [name]))).toEqual([[ID]]);
  });

  it("come in the order asked for, and times as in JSON", () => {
    expect(sheetValues(chosen(SHEET, ["created", "name"]))).toEqual([[IMAGE.created_at, NAME]]);
  });

  it("that do not exist are refused by name", () => {
    expect(() => chosen(SHEET, ["NAMES"])).toThrow("No column is named NAMES");
  });
});

it("quotes a CSV field only where it must", () => {
  expect(csvLine(["a b", 'say "x"', "a,b", "line\nbreak", ""])).toBe(
    'a b,"say ""x""","a,b","line\nbreak",',
  );
});
