import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CloudQuotas } from "../../local/page/cloud-quotas.ts";
import { quotaList } from "../../local/page/quota-list.ts";
import { html } from "../../local/page/html.ts";
import { CloudError } from "../../shared/openstack/errors.ts";
import type { Clouds } from "../../shared/cloud-ports.ts";
import type { Usage } from "../../shared/cloud-quotas.ts";
import { openWorkplace } from "../cli/workplace.ts";

const MINUTE_MS = 60_000;
const RECIPES = [{ cloud: "mycloud", region: null }];
const of = (used: number, limit: number): Usage => ({ used, limit });

let nowMs: number;
let asked: string[];
let answers: Record<"compute" | "volume" | "image", () => Promise<never> | Promise<object>>;
beforeEach(() => {
  nowMs = 1_000_000;
  asked = [];
  answers = {
    compute: async () => ({ instances: of(9, 10), cores: of(2, 20), ramMib: of(1, -1) }),
    volume: async () => ({ volumes: of(3, 10), snapshots: of(1, 10), gib: of(40, 1000) }),
    image: async () => ({ images: of(10, 10), sizeMib: null }),
  };
});

function quotas(): CloudQuotas {
  const ask = (service: keyof typeof answers) => () => {
    asked.push(service);
    return answers[service]();
  };
  const cloud = {
    testServers: { quota: ask("compute") },
    volumes: { quota: ask("volume") },
    images: { quota: ask("image") },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else of a cloud is asked
  const clouds = { open: () => cloud } as unknown as Clouds;
  return new CloudQuotas(clouds, () => nowMs);
}

const textOf = (seen: CloudQuotas) =>
  String(html`${quotaList(seen.of(RECIPES), nowMs)}`)
    .replaceAll(/<strong>([^<]*)<\/strong>/g, "*$1*")
    .replaceAll(/<[^>]+>/g, "")
    .trim();

it("a page does not wait for the first answer, and the next one shows it with its age", async () => {
  const seen = quotas();
  expect(textOf(seen)).toBe("mycloud: being asked");
  await Promise.resolve();
  await vi.waitFor(() => expect(textOf(seen)).not.toContain("being asked"));
  nowMs += 2 * MINUTE_MS;
  expect(textOf(seen)).toBe(
    "mycloud: *9 of 10 servers*, 2 of 20 cores, 3 of 10 volumes, 1 of 10 snapshots, 40 of 1000 GiB, *10 of 10 images*, 2 min ago",
  );
});

it("a cloud is asked once in ten minutes, however many look, and by nobody while none looks", async () => {
  const seen = quotas();
  for (let look = 0; look < 100; look++) seen.of([...RECIPES, ...RECIPES]);
  await vi.waitFor(() => expect(asked).toHaveLength(3));
  nowMs += 10 * MINUTE_MS - 1;
  seen.of(RECIPES);
  expect(asked).toHaveLength(3);
  nowMs += 60 * MINUTE_MS;
  expect(asked).toHaveLength(3);
  seen.of(RECIPES);
  await vi.waitFor(() => expect(asked).toHaveLength(6));
});

it("a service that gives no answer, or refuses, is named, and what it said before stays with its age", async () => {
  const seen = quotas();
  seen.of(RECIPES);
  await vi.waitFor(() => expect(textOf(seen)).toContain("servers"));
  const error = (kind: "transient" | "refused") => async () => {
    throw new CloudError("no", { kind });
  };
  answers = { compute: error("transient"), volume: error("refused"), image: answers.image };
  nowMs += 20 * MINUTE_MS;
  seen.of(RECIPES);
  await vi.waitFor(() => expect(textOf(seen)).toContain("no answer"));
  expect(textOf(seen)).toBe(
    "mycloud: *compute: no answer*, *9 of 10 servers*, 2 of 20 cores, *volume: refused*, 3 of 10 volumes, 1 of 10 snapshots, 40 of 1000 GiB, *10 of 10 images*, 20 min ago",
  );
});

it("Glance without a usage API is no trouble", async () => {
  const seen = quotas();
  answers.image = async () => {
    throw new CloudError("no", { kind: "refused", code: "not-found" });
  };
  seen.of(RECIPES);
  await vi.waitFor(() => expect(textOf(seen)).toContain("servers"));
  expect(textOf(seen)).not.toContain("image");
});

it("each region of a cloud is one of its own", () => {
  const recipes = ["az2", "az1", "az2"].map((region) => ({ cloud: "mycloud", region }));
  expect(
    quotas()
      .of(recipes)
      .map(({ region }) => region),
  ).toEqual(["az1", "az2"]);
});

let stop = (): PromiseLike<void> | undefined => undefined;
afterEach(() => stop());

it("regild serve shows the quota of a cloud on the page", { timeout: 60_000 }, async () => {
  const place = await openWorkplace();
  stop = () => place[Symbol.asyncDispose]();
  const serving = place.begin("serve", "--listen", "127.0.0.1:0");
  await serving.said('"serving"');
  const url = /"url":"([^"]+)"/.exec(serving.err() + serving.out())?.[1] ?? "";
  const page = async () => (await fetch(url)).text();
  expect(await page()).toMatch(/<dt>Quota<\/dt>/);
  await expect.poll(page, { timeout: 20_000 }).toMatch(/demo: [\s\S]*1 of 1000 volumes/);
});
