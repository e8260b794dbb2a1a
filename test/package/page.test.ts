import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as z from "zod/mini";
import { openWorkplace } from "../cli/workplace.ts";
import { elementsOf } from "../page/parsed.ts";
import { NO_PROGRAMS_ON_THE_PATH, programs } from "./programs.ts";

const ASSETS = ["page.css", "page.js", "icon.svg"];

it.each(programs)("%s has the page and its files in it", async (_, program) => {
  await using place = await openWorkplace({}, NO_PROGRAMS_ON_THE_PATH, program);
  const host = place.begin("serve", "--listen", "127.0.0.1:0");
  await host.said("serving");
  const [line = ""] = host.out().split("\n");
  const { url } = z.object({ url: z.string() }).parse(JSON.parse(line));
  const page = await fetch(url);
  expect(page.headers.get("content-type")).toMatch(/^text\/html/);
  const loaded = elementsOf(await page.text()).flatMap(({ tag, attributes }) => {
    const { src, href } = attributes;
    return tag === "script" ? (src ?? []) : tag === "link" ? (href ?? []) : [];
  });
  for (const name of ASSETS) {
    const path = loaded.find((each) => each.endsWith(name)) ?? "not loaded";
    const answer = await fetch(`${url}${path}`);
    expect(await answer.text()).toBe(readFileSync(`local/page/assets/${name}`, "utf8"));
  }
  host.kill("SIGTERM");
  expect(await host.ended).toMatchObject({ status: 0 });
});
