import { describe, expect, it } from "vitest";
import { recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { runSchema } from "../../shared/run/record.ts";
import { sourceSchema } from "../../shared/source/item.ts";
import { inventoryImage, MINUTE, NOW, recipe, recipeState, resource, run } from "./builders.ts";

/** The document as a program that writes schema 1 would have stored it. */
function earlier(doc: object, renamed: Record<string, string>): unknown {
  let text = JSON.stringify({ ...doc, schema: 1 });
  for (const [now, before] of Object.entries(renamed)) {
    text = text.replaceAll(`"${now}":`, `"${before}":`);
  }
  return JSON.parse(
    text
      .replaceAll('"state":"deleting"', '"state":"doomed"')
      .replaceAll('"kind":"observation"', '"kind":"look"')
      .replaceAll('"kind":"transient"', '"kind":"weather"'),
  );
}

const event = { atMs: NOW, step: "check-status", text: "saving", count: 2, calls: [] } as const;

describe("a record of schema 1", () => {
  it("of a run is read", () => {
    const attempt = { kind: "create-image", id: "a", name: "n", atMs: NOW, answer: "unknown" };
    const waiting = {
      ...run({ transientFailures: 3 }),
      unansweredAttempts: [attempt],
      timeline: [
        { ...event, kind: "observation" },
        { ...event, kind: "transient" },
      ],
    };
    const before = earlier(waiting, {
      installationId: "home",
      reconcileAtMs: "lookAtMs",
      unansweredAttempts: "lostTries",
      transientFailures: "weather",
      attemptId: "tryId",
    });
    expect(before).toHaveProperty("home");
    expect(before).toHaveProperty("timeline.1.kind", "weather");
    const unansweredAttempts = [
      { ...attempt, imageId: null, isRepeatable: false, serverId: null, testZone: null },
    ];
    expect(runSchema.parse(before)).toEqual({ ...waiting, unansweredAttempts });
  });

  it("of a recipe is read, with its images, resources and late attempts", () => {
    const image = inventoryImage({ id: "i", state: "deleting", deletingSinceMs: NOW });
    const late = {
      kind: "create-image",
      run: run().id,
      attemptId: "a",
      name: "n",
      imageId: null,
      testOf: null,
      backup: null,
      where: image.where,
      atMs: NOW,
      nextCheckAtMs: NOW + MINUTE,
      untilMs: NOW + 2 * MINUTE,
    } as const;
    const state = recipeState({
      images: [image],
      resources: [resource({ id: "r", state: "deleting" })],
      lateAttempts: [late],
    });
    const before = earlier(state, {
      installationId: "home",
      resources: "parts",
      lateAttempts: "lateTries",
      nextCheckAtMs: "nextLookAtMs",
      deletingSinceMs: "doomedAtMs",
      attemptId: "tryId",
    });
    expect(before).toHaveProperty("images.0.state", "doomed");
    expect(before).toHaveProperty("parts.0.state", "doomed");
    expect(recipeStateSchema.parse(before)).toEqual(state);
  });

  it("keeps what a user has named as a renamed field is named", () => {
    const properties = { home: "berlin", parts: "7", weather: "sunny", kind: "look" };
    const mine = run();
    const named = { ...mine, recipe: recipe({ image: { ...mine.recipe.image, properties } }) };
    expect(runSchema.parse({ ...named, schema: 1 }).recipe.image.properties).toEqual(properties);
  });
});

it("a record of schema 2 with a name of schema 1 is refused, and so is one of schema 3", () => {
  const source = {
    schema: 2,
    id: "s",
    kind: "server",
    cloud: "c",
    region: null,
    owner: null,
    wishedPower: null,
    wishedAtMs: null,
    lateStopUntilMs: null,
  };
  expect(sourceSchema.safeParse({ ...source, reconcileAtMs: NOW }).success).toBe(true);
  expect(sourceSchema.safeParse({ ...source, lookAtMs: NOW }).success).toBe(false);
  expect(sourceSchema.safeParse({ ...source, schema: 3, reconcileAtMs: NOW }).success).toBe(false);
});
