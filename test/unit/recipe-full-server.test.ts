import { expect, it } from "vitest";
import { problemsOf, recipeText, theRecipe } from "./recipe-text.ts";

const FULL = "capture: full_server\nvault_id: 3b5816b5-f29c-4172-9d9a-76c719a659ce";

it("a full-server recipe has its vault, and no other recipe has one", () => {
  expect(theRecipe(FULL).vaultId).toBe("3b5816b5-f29c-4172-9d9a-76c719a659ce");
  const head = "defaults: { vault_id: 3b5816b5-f29c-4172-9d9a-76c719a659ce }\n";
  expect(theRecipe("", head).vaultId).toBeNull();
  expect(theRecipe("capture: full_server", head).vaultId).not.toBeNull();
});

it.each([
  ["capture: full_server", "5:14 web.capture: needs vault_id, because the backup"],
  ["vault_id: v", "5:15 web.vault_id: is for capture: full_server. Take it out"],
  ['capture: full_server\nvault_id: ""', '6:15 web.vault_id: "" is empty. Write vault_id: 3b58'],
  ["capture: full_server\nvault_id: ../x", '6:15 web.vault_id: "../x" is no id of a vault'],
  ["capture: full_server\nvault_id: my vault", '"my vault" is no id of a vault. Write for'],
  ["capture: full_server\nvault_id: 17", "6:15 web.vault_id: 17 is a number, not text"],
  [
    "volume: v\ncapture: full_server\nvault_id: v",
    "web.capture: full_server is not a way to capture a volume.",
  ],
  [
    `${FULL}\nimage: { name: "web-\${{ seq }}" }`,
    "has no ${{ short_id }}, and IMS gives each name to one image only",
  ],
  [`${FULL}\nimage: { name: "${"x".repeat(123)}\${{ short_id }}" }`, "129 characters long"],
  [`${FULL}\nimage: { disk_format: raw }`, "the cloud chooses the format"],
  [`${FULL}\nimage: { visibility: shared, members: [p] }`, "Write members: [], or capture: system"],
  [`${FULL}\nimage: { visibility: public }`, "Write visibility: private, or capture: system_disk"],
  [`${FULL}\nzones: { b: { region_name: b, distribute: true } }`, "neither exports nor copies"],
  [`${FULL}\ntest_boot: { flavor: m1 }`, "web.test_boot: boots a server of the image"],
])("%j is refused", (lines, problem) => {
  expect(problemsOf(recipeText(lines)).join("\n")).toContain(problem);
});

it.each([
  ["image: { visibility: shared, members: [p] }", "web.image.members"],
  ["zones: { b: { region_name: b, distribute: true } }", "distribute: true"],
  ["test_boot: { flavor: m1 }", "Take it out (from defaults, too)"],
])("a wish of defaults is not passed over in silence: %s", (wish, problem) => {
  expect(problemsOf(recipeText(FULL, `defaults: { ${wish} }\n`)).join("\n")).toContain(problem);
});

it("takes back what defaults wish", () => {
  const head = "defaults: { image: { visibility: shared, members: [p] } }\n";
  const own = `${FULL}\nimage: { visibility: private, members: [] }`;
  expect(problemsOf(recipeText(own, head))).toEqual([]);
});

it("may have zones, a stop and a hook as every recipe of a server", () => {
  const more = `${FULL}\nprepare: { stop_server: true }\nzones: { b: { region_name: b } }`;
  expect(problemsOf(recipeText(more))).toEqual([]);
});
