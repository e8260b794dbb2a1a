import { afterAll, beforeAll, expect, it } from "vitest";
import { problemDocument } from "../../local/view/document.ts";
import { bearer, openSite, type OpenedSite } from "../access/opened-site.ts";
import { recipe } from "../cli/records.ts";

const RUNNER = recipe(
  "runner",
  "server: golden, inputs: { version: { type: string, pattern: '^[0-9.]+$' } }",
);

let site: OpenedSite;
let headers: Record<string, string>;
beforeAll(async () => {
  site = await openSite({ recipes: [RUNNER] });
  headers = { ...bearer((await site.token("admin")).text), "content-type": "application/json" };
});
afterAll(() => site.close());

const REFRESH = "/v1/recipes/runner/refresh";
const ROLLBACK = "/v1/recipes/runner/rollback";

it.each([
  [REFRESH, "{", {}, 400, "body", "no JSON"],
  [REFRESH, "[]", {}, 422, null, "not right"],
  [REFRESH, '"x"', {}, 422, null, "not right"],
  [REFRESH, '{"input":{}}', {}, 422, "input", "not known here"],
  [REFRESH, '{"inputs":{"version":7}}', {}, 422, "inputs.version", "VALUE"],
  [REFRESH, '{"inputs":{"version":"x"}}', {}, 422, "inputs", "pattern"],
  [REFRESH, '{"inputs":{"versoin":"1"}}', {}, 422, "inputs.versoin", "Its inputs: version"],
  [REFRESH, "{}", {}, 422, "inputs", "is missing"],
  [REFRESH, "{}", { "content-type": "text/plain" }, 415, "Content-Type", "application/json"],
  [REFRESH, "{}", { "idempotency-key": "é" }, 400, "Idempotency-Key", "UUID"],
  [REFRESH, "{}", { "idempotency-key": "x".repeat(256) }, 400, "Idempotency-Key", "UUID"],
  [REFRESH, `{"inputs":{"version":"${"1".repeat(70_000)}"}}`, {}, 413, "body", "64 KiB"],
  [ROLLBACK, '{"reason":""}', {}, 422, "reason", "1 to 500"],
  [ROLLBACK, `{"reason":"${"x".repeat(501)}"}`, {}, 422, "reason", "1 to 500"],
  ["/v1/recipes/runer/refresh", "{}", {}, 404, null, "Did you mean runner?"],
])(
  "POST %s %j %j: %i, which names %s and a remedy",
  async (path, body, more, status, field, says) => {
    const answer = await site.ask("POST", path, { headers: { ...headers, ...more }, body });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    const problem = problemDocument.parse(answer.body);
    expect(problem).toMatchObject({ status, field });
    expect(`${problem.detail} ${problem.error.remedy}`).toContain(says);
    expect(problem.detail).toBe(problem.error.message);
  },
);

it("names the methods that there are", async () => {
  const { status, headers: told } = await site.ask("DELETE", REFRESH, { headers });
  expect([status, told["allow"]]).toEqual([405, "POST"]);
});

it("a request that is sent again with its key starts one run; another token's starts its own", async () => {
  const other = bearer((await site.token("run")).text);
  const start = async (more: Record<string, string>) => {
    const body = '{"inputs":{"version":"1.4"}}';
    const answer = await site.ask("POST", REFRESH, { headers: { ...headers, ...more }, body });
    expect(answer.status).toBe(202);
    return answer.headers["location"];
  };
  const first = await start({ "idempotency-key": "build 17" });
  expect(await start({ "idempotency-key": "build 17" })).toBe(first);
  const others = [
    await start({ "idempotency-key": "build 18" }),
    await start({ "idempotency-key": "build 17", ...other }),
    await start({}),
    await start({}),
  ];
  expect(new Set([first, ...others]).size).toBe(5);
});

it("1,000 hostile requests with a good token: each is answered with 4xx, none with 500", async () => {
  let seed = 3;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const some = <Item>(list: readonly Item[]) => list[random(list.length)];
  const paths = ["status", "recipes", "runs", "images", "openapi.json", "changes", "refresh"];
  const names = [
    "runner",
    "__proto__",
    "constructor",
    "<script>",
    "%3Cimg%20src=x%3E",
    "'%22--",
    "%F0%9F%92%A5",
    "%E2%80%AE",
    "a".repeat(3000),
    "{recipe}",
    "$%7B%7D",
    "%1b%5b31m",
    "-1",
  ];
  const bodies = [
    "",
    "null",
    "[]",
    '{"__proto__":{"role":"admin"}}',
    '{"constructor":1}',
    `{"inputs":${"[".repeat(2000)}${"]".repeat(2000)}}`,
    '{"inputs":{"__proto__":"1"}}',
    '{"reason":"<script>alert(1)</script>\\u001b[31m","image":"x"}',
    '{"image":{"$ne":null},"reason":"x"}',
    "\u0000",
    "{".repeat(5000),
    '{"reason":1e999}',
  ];
  const statuses = new Map<number, number>();
  const answered: Array<Record<string, string>> = [];
  const ask = async () => {
    const path = ["/v1", some(paths), some(names), some([...paths, ...names])]
      .slice(0, 2 + random(3))
      .join("/");
    const query = some([
      "",
      "?limit=1e9",
      "?limit=",
      "?after=__proto__",
      "?recipe=%00",
      "?a=b&a=c",
    ]);
    const answer = await site.ask(
      some(["GET", "POST", "PUT", "PATCH", "BREW"].slice(0, 4)) ?? "GET",
      encodeURI(decodeURIComponent(path)) + query,
      {
        headers: {
          ...headers,
          ...some([
            {},
            { cookie: "regild_session=x.1.y.z" },
            { "idempotency-key": " " },
            { origin: "null" },
          ]),
        },
        body: some(bodies) ?? "",
      },
    );
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    if (answer.text !== "") answered.push(answer.headers);
  };
  for (let batch = 0; batch < 40; batch++) await Promise.all(Array.from({ length: 25 }, ask));
  const total = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  expect(total).toBe(1000);
  expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
  // Markup in a name comes back as JSON, which no browser takes for a page.
  const types = answered.map((each) => `${each["content-type"]} ${each["x-content-type-options"]}`);
  expect([...new Set(types)].toSorted()).toEqual([
    "application/json nosniff",
    "application/problem+json nosniff",
  ]);
  const refused = [...statuses].filter(([status]) => status >= 400);
  expect(refused.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(700);
}, 60_000);
