import { expect, it } from "vitest";
import { problemsOf, recipeText, theRecipe } from "./recipe-text.ts";

const KEY = "image: { cmk_id: bd66288c-9081-460a-8227-4cbd0c814cb4 }";
const DISK = "capture: system_disk";

it("a recipe may name the key that its images are encrypted with", () => {
  expect(theRecipe(`${DISK}\n${KEY}`).image.cmkId).toBe("bd66288c-9081-460a-8227-4cbd0c814cb4");
  expect("cmkId" in theRecipe(DISK).image).toBe(false);
});

it.each([
  [KEY, "Take it out (from defaults, too), or write capture: system_disk"],
  [`capture: root_volume\n${KEY}`, "encrypts images that IMS makes of one disk"],
  [`capture: full_server\nvault_id: v\n${KEY}`, "encrypts images that IMS makes of one disk"],
  [`${DISK}\nimage: { cmk_id: ../k }`, "is no id of a key. Write for example cmk_id: bd66288c"],
  [`${DISK}\nimage: { cmk_id: 17 }`, "17 is a number, not text"],
  [
    `${DISK}\n${KEY}\nzones: { b: { region_name: b, distribute: true } }`,
    "Take distribute or cmk_id out",
  ],
  [`${DISK}\n${KEY}\nexport: { bucket: abc, format: zvhd2 }`, "Write another format"],
])("%j is refused", (lines, problem) => {
  expect(problemsOf(recipeText(lines)).join("\n")).toContain(problem);
});

it("a key of defaults is not passed over in silence", () => {
  const problems = problemsOf(recipeText("", `defaults: { ${KEY} }\n`)).join("\n");
  expect(problems).toContain("from defaults, too");
});
