import { expect, it } from "vitest";
import { problemsOf, recipeText, theRecipe } from "./recipe-text.ts";

const DISKS = "capture: data_disks";

it("makes a set of images of a server's data disks", () => {
  expect(theRecipe(DISKS)).toMatchObject({ capture: "data_disks", image: { diskFormat: null } });
});

it.each([
  [`volume: v\n${DISKS}`, "data_disks is not a way to capture a volume."],
  [`${DISKS}\ntest_boot: { flavor: f }`, "an image of a data disk does not boot"],
  [`${DISKS}\nimage: { visibility: shared, members: [a] }`, "Write members: [], or one recipe"],
  [`${DISKS}\nimage: { visibility: public }`, "Write visibility: private, or one recipe"],
  [`${DISKS}\nimage: { protected: true }`, "Write protected: false, or one recipe"],
  [`${DISKS}\nzones: { b: { region_name: b } }`, "Take zones out (from defaults, too)"],
  [`${DISKS}\nprepare: { restore: snapshot }`, "puts back a volume only"],
  [`${DISKS}\nimage: { disk_format: raw }`, "the cloud chooses the format"],
  [`${DISKS}\nimage: { name: "web-\${{ seq }}" }`, "has no ${{ short_id }}"],
  [
    `${DISKS}\nimage: { name: "${"x".repeat(119)}-\${{ short_id }}" }`,
    "is 130 characters long, and IMS takes 128 at most",
  ],
])("refuses %j", (lines, problem) => {
  expect(problemsOf(recipeText(lines)).join("\n")).toContain(problem);
});

it("takes a name of 128 characters, the disk's device counted", () => {
  const name = `${"x".repeat(117)}-\${{ short_id }}`;
  expect(theRecipe(`${DISKS}\nimage: { name: "${name}" }`).image.name).toBe(name);
});
