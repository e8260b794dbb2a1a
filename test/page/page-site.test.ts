import { beforeAll, describe, expect, it } from "vitest";
import { CloudAnswers } from "../../local/page/cloud-answers.ts";
import { type PageSite, pageSite } from "../../local/page/page-site.ts";
import type { Records } from "../../local/view/read.ts";
import { DAY_MS, NOW_MS } from "../cli/records.ts";
import { filledStore, imageId } from "./filled-store.ts";
import { elementsOf, runnable, visibleText } from "./parsed.ts";

process.env["TZ"] = "UTC";

let records: Records;
let site: PageSite;
beforeAll(async () => {
  records = await filledStore({ recipes: 3, runsEach: 40 });
  site = pageSite(records, new CloudAnswers(() => NOW_MS));
});

async function get(path: string, query = ""): Promise<{ status: number; html: string }> {
  const answer = await site(path, query);
  if (answer === null) throw new Error(`${path} is no page`);
  return { status: answer.status, html: answer.text };
}

describe("the list of recipes", () => {
  it("shows of each recipe its current image, its age and its next start", async () => {
    const { html } = await get("/");
    const rows = elementsOf(html).filter(({ attributes }) =>
      attributes["id"]?.startsWith("recipe-"),
    );
    expect(rows).toHaveLength(3);
    const text = rows[0]?.text.replaceAll(/\s+/g, " ");
    expect(text).toContain(`golden-000-20261123 ${imageId("golden-000", 0)}`);
    expect(text).toContain("overdue in 23 h");
    expect(text).toContain("Tue 02:30 UTC");
    expect(visibleText(html)).toContain("ALL GOOD");
  });

  it("has a strip of the last thirty runs, which says how each has ended and leads to them", async () => {
    const { html } = await get("/");
    const strip = elementsOf(html).find(({ attributes }) =>
      attributes["data-runs"]?.startsWith("/runs/golden-000-"),
    );
    const runs = strip?.attributes["data-runs"]?.split(" ") ?? [];
    const labels = strip?.attributes["data-labels"]?.split(";") ?? [];
    expect(new Set(runs).size).toBe(30);
    expect(labels).toHaveLength(30);
    expect(labels.at(-1)).toBe("succeeded, started today 02:30 UTC, 10 min");
    expect(labels.filter((label) => label.startsWith("failed"))).toHaveLength(3);
    const whole = elementsOf(html).find(
      ({ tag, attributes }) => tag === "a" && attributes["href"] === "/runs?recipe=golden-000",
    );
    expect(whole?.attributes["aria-label"]).toBe("Runs of golden-000: 27 succeeded, 3 failed");
  });

  it("finds recipes by a part of their name", async () => {
    const { html } = await get("/", "find=002");
    expect(html).toContain("recipe-golden-002");
    expect(html).not.toContain("recipe-golden-001");
    expect(visibleText((await get("/", "find=zzz")).html)).toContain("No name has “zzz” in it");
  });

  it("counts those that need somebody, with cause and next step", async () => {
    const later = pageSite(
      { ...records, now: () => NOW_MS + 3 * DAY_MS },
      new CloudAnswers(() => NOW_MS),
    );
    const text = visibleText((await later("/", ""))?.text ?? "");
    expect(text).toContain("3 NEED YOU");
    expect(text).toMatch(
      /Overdue for 2 d: the start of Tue 02:30 UTC brought no new current image/,
    );
    expect(text).toContain("Next: regild refresh golden-000");
  });
});

describe("a recipe's page", () => {
  it("shows its images, its uploads, its runs and how other tools find the image", async () => {
    const text = visibleText((await get("/recipes/golden-001")).html);
    expect(text).toContain("will be deleted after Tue 02:41 UTC");
    expect(text).toContain("The last 27 uploads");
    expect(text).toMatch(/Time of the upload: \S+ min( \d+ s)? the last one\. Longest: 12 min/);
    expect(text).toMatch(/2026-10-25 02:\d\d UTC\s*today 02:\d\d UTC/);
    expect(text).toContain("openstack image list --tag regild-current-golden-001");
    expect(text).toContain("golden-001-20261120-023000-aaaaa3");
  });

  it("is not there for a name that nobody gave", async () => {
    const { status, html } = await get("/recipes/goldne-001");
    expect(status).toBe(404);
    expect(visibleText(html)).toContain("Did you mean golden-001?");
  });
});

describe("a run's page", () => {
  it("tells a failure as the command does", async () => {
    const text = visibleText((await get("/runs/golden-000-20261120-023000-aaaaa3")).html);
    expect(text).toContain("FAILED image-vanished");
    expect(text).toContain("Why The image is not there any more");
    expect(text).toContain("Next Look who deleted it, then: regild refresh");
    expect(text).toContain("web-golden was down from Fri 02:30 UTC to Fri 02:32 UTC: 1 min 55 s");
  });
});

describe("every page", () => {
  const PAGES = ["/", "/recipes/golden-000", "/runs", "/runs/golden-000-20261120-023000-aaaaa3"];

  it.each(PAGES)(
    "%s loads nothing but its own files, and nothing in it can be run",
    async (path) => {
      const answer = await site(path, "");
      const policy = answer?.headers["content-security-policy"] ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|http|data:/);
      expect(runnable(answer?.text ?? "")).toEqual([]);
      const assets = elementsOf(answer?.text ?? "").flatMap(({ tag, attributes }) =>
        tag === "script" ? [attributes["src"]] : tag === "link" ? [attributes["href"]] : [],
      );
      expect(assets).toHaveLength(3);
      for (const asset of assets)
        expect(await site(asset ?? "", "")).toMatchObject({ status: 200 });
    },
  );

  it.each(["/nothing", "/recipes", "/recipes/", "/runs/a/b", "/assets/page.css"])(
    "%s is none",
    async (path) => expect(await site(path, "")).toBeNull(),
  );

  it.each(["page=0", "page=x", `find=${"a".repeat(101)}`])(
    "refuses the query %s",
    async (query) => {
      expect((await get("/", query)).status).toBe(400);
    },
  );
});
