import { expect, it } from "vitest";
import { problemsOf, recipeText, theRecipe } from "./recipe-text.ts";

const EXPORT = "export: { bucket: golden-images, format: qcow2 }";

it("a recipe of an image that IMS exports says the bucket and the format", () => {
  expect(theRecipe(`capture: system_disk\n${EXPORT}`).exportTo).toEqual({
    bucket: "golden-images",
    format: "qcow2",
  });
  expect("exportTo" in theRecipe("capture: system_disk")).toBe(false);
});

it.each([
  [EXPORT, "web.export: takes no image of capture: server", "or write capture: system_disk"],
  [`capture: root_volume\n${EXPORT}`, "capture: root_volume", "or write capture: system_disk"],
  [
    `capture: full_server\nvault_id: v\n${EXPORT}`,
    "takes no image of capture: full_server",
    "one recipe with capture: data_disk for each of the other disks",
  ],
  ["capture: system_disk\nexport: {}", "bucket", "Write bucket: golden-images"],
  ["capture: system_disk\nexport: { bucket: b-1, format: raw }", '"raw" is unknown', "zvhd2"],
  [
    "capture: system_disk\nexport: { bucket: My_Bucket, format: vhd }",
    "is no name of a bucket",
    "",
  ],
  ["capture: system_disk\nexport: { bucket: ab:c, format: vhd }", "is no name of a bucket", ""],
  ["capture: system_disk\nexport: golden", "is not a mapping", "Write export: { bucket:"],
  ["capture: system_disk\nexport: { bucket: abc, format: vhd, file: x }", "file: unknown key", ""],
])("%j is refused", (lines, problem, remedy) => {
  const problems = problemsOf(recipeText(lines)).join("\n");
  expect(problems).toContain(problem);
  expect(problems).toContain(remedy);
});

it.each(["volume", "snapshot"])("of a volume, capture: %s is refused, too", (capture) => {
  const text = `defaults: { cloud: c }\nrecipes:\n  web:\n    volume: v\n    capture: ${capture}\n    ${EXPORT}\n`;
  expect(problemsOf(text).join("\n")).toContain("or write capture: data_disk");
});

it("a wish of defaults is not passed over in silence", () => {
  const problems = problemsOf(recipeText("", `defaults: { ${EXPORT} }\n`)).join("\n");
  expect(problems).toContain("Take export out (from defaults, too)");
});
