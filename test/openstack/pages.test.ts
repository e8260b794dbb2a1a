import { describe, expect, test } from "vitest";
import { LIST_BOUNDS, RECONCILE_BUDGET_MS } from "../../shared/bounds.ts";
import { IncompleteListError } from "../../shared/openstack/errors.ts";
import type { HttpRequest } from "../../shared/ports.ts";
import { fakeCloud, type Handler, openFake, NOW_MS, refusal, response } from "./fake-cloud.ts";

const markerOf = ({ url }: HttpRequest) => new URL(url).searchParams.get("marker");
const page = (id: string, next: unknown) =>
  response(200, { images: [{ id, status: "active" }], next });
/** Each page has one new image and leads to the next. */
const endless: Handler = (request) => {
  const number = Number(markerOf(request)?.slice(1) ?? 0) + 1;
  return page(`i${number}`, `/v2/images?marker=i${number}`);
};

async function giveUp(handle: Handler) {
  const fake = fakeCloud(handle);
  const error = await refusal(fake.cloud.images.everyImage());
  expect(error).toBeInstanceOf(IncompleteListError);
  expect(error.kind).toBe("transient");
  expect(error.message).toContain("listImages of the image service");
  return { message: error.message, pages: fake.requests.length };
}

describe("a list without an end", () => {
  test("is given up after so many pages", async () => {
    const { pages, message } = await giveUp(endless);
    expect(pages).toBe(LIST_BOUNDS.pages);
    expect(message).toContain(`after ${LIST_BOUNDS.pages} pages with ${LIST_BOUNDS.pages} entries`);
  });

  test("is given up after so many entries", async () => {
    const { pages } = await giveUp((request) => {
      const number = Number(markerOf(request)?.slice(1) ?? 0) + 1;
      const images = Array.from({ length: 50_000 }, (_, n) => ({ id: `i${number}-${n}` }));
      return response(200, { images, next: `/v2/images?marker=i${number}` });
    });
    expect(pages).toBe(LIST_BOUNDS.items / 50_000);
  });

  test("is given up after so many bytes", async () => {
    const padding = " ".repeat(31 * 1024 * 1024);
    const { pages } = await giveUp((request) => {
      const answer = endless(request);
      return answer.kind === "failure" ? answer : { ...answer, text: answer.text + padding };
    });
    expect(pages).toBeLessThan(40);
  });

  test.each([
    ["to itself", ["a", "a"]],
    ["in a circle of two", ["a", "b", "a"]],
    ["in a circle of three", ["a", "b", "c", "b"]],
  ])("is given up when it leads %s", async (_name, markers) => {
    let asked = 0;
    const { message, pages } = await giveUp(() => page(`i${asked}`, `?marker=${markers[asked++]}`));
    expect(message).toContain("circle");
    expect(pages).toBe(markers.length);
  });

  test.each([5, {}, "", "/v2/images", "?marker=", "?marker=../../v3/users", "?marker=a%00b", true])(
    "is given up when its next page is %j",
    async (next) => {
      expect((await giveUp(() => page("a", next))).pages).toBe(1);
    },
  );

  test("is given up when the time for one check is over", async () => {
    const clock = { nowMs: NOW_MS };
    const error = await refusal(slowCloud(clock).images.everyImage());
    expect(error).toBeInstanceOf(IncompleteListError);
    expect(error.message).toContain("180 s");
    expect(clock.nowMs - NOW_MS).toBeLessThan(RECONCILE_BUDGET_MS + 10_000);
  });
});

test("a next page's other parameters and host are not taken over", async () => {
  const evil = "https://evil.example/v2/images?marker=m&visibility=private&os_hidden=false";
  const fake = fakeCloud((request) => page("a", markerOf(request) === null ? evil : undefined));
  await fake.cloud.images.everyImage();
  const second = new URL(fake.requests[1]?.url ?? "");
  expect(second.host).toBe("glance.example");
  expect(Object.fromEntries(second.searchParams)).toEqual({
    member_status: "all",
    visibility: "all",
    limit: "1000",
    marker: "m",
  });
});

test.each(["servers", "volumes", "snapshots"] as const)(
  "the list of %s is given up without an end too",
  async (kind) => {
    const fake = fakeCloud((request) => {
      const id = `x${Number(markerOf(request)?.slice(1) ?? 0) + 1}`;
      return response(200, { [kind]: [{ id }], [`${kind}_links`]: [{ rel: "next" }] });
    });
    const { compute, volumes } = fake.cloud;
    const list = {
      servers: () => compute.serversFrom("i"),
      volumes: () => volumes.volumes(),
      snapshots: () => volumes.snapshots(),
    }[kind];
    expect(await refusal(list())).toBeInstanceOf(IncompleteListError);
    expect(fake.requests).toHaveLength(LIST_BOUNDS.pages);
  },
);

test.each([[[]], [[null]], [[{}]], [[{ id: "../x" }]]])(
  "a page %j with more behind it and no usable id is given up",
  async (volumes) => {
    const fake = fakeCloud(() => response(200, { volumes, volumes_links: [{ rel: "next" }] }));
    expect(await refusal(fake.cloud.volumes.volumes())).toBeInstanceOf(IncompleteListError);
    expect(fake.requests).toHaveLength(1);
  },
);

test("a page that is too large to be read is asked for again with fewer entries", async () => {
  const fake = fakeCloud((request) => {
    const limit = new URL(request.url).searchParams.get("limit");
    return limit === "10"
      ? page("a", undefined)
      : { kind: "failure", sent: true, reason: "the answer is over 1 byte", tooLarge: true };
  });
  expect(await fake.cloud.images.everyImage()).toHaveLength(1);
  const limits = fake.requests.map(({ url }) => new URL(url).searchParams.get("limit"));
  expect(limits).toEqual(["1000", "100", "10", "1000", "100", "10"]);
});

function slowCloud(clock: { nowMs: number }) {
  const { http } = fakeCloud((request) => {
    clock.nowMs += 7_000;
    return endless(request);
  });
  return openFake(http, {}, clock, [], clock.nowMs + RECONCILE_BUDGET_MS);
}
