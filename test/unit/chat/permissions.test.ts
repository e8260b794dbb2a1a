import { describe, expect, it } from "vitest";
import { isAllowed } from "../../../shared/chat/permissions.ts";
import type { AllowRule, Workspace } from "../../../shared/chat/workspace.ts";
import { workspaceOf } from "../../chat/workspaces.ts";

const who = { user: "U1", channel: "C1", roles: ["R1"] };
const groups = { ops: ["U1", "U2"], none: ["U9"] };

function workspace(...allow: AllowRule[]): Workspace {
  return { ...workspaceOf("discord", allow), groups };
}

describe("who may do what", () => {
  it("is nobody and nothing without a rule", () => {
    expect(isAllowed(workspace(), who, "status", "web")).toBe(false);
    const forNobody: AllowRule = { commands: ["status"], recipes: "any" };
    expect(isAllowed(workspace(forNobody), who, "status", "web")).toBe(false);
  });

  const base = { commands: ["refresh"], recipes: ["web"] } as const;
  it.each<[string, AllowRule, boolean]>([
    ["the user", { ...base, users: ["U1"] }, true],
    ["another user", { ...base, users: ["U2"] }, false],
    ["everybody", { ...base, users: "any" }, true],
    ["a group of the user", { ...base, groups: ["none", "ops"] }, true],
    ["another group", { ...base, groups: ["none"] }, false],
    ["a group with the name of a property of objects", { ...base, groups: ["toString"] }, false],
    ["a role of the user", { ...base, roles: ["R1"] }, true],
    ["another role", { ...base, roles: ["R2"] }, false],
    ["the channel", { ...base, users: "any", channels: ["C1"] }, true],
    ["another channel", { ...base, users: "any", channels: ["C2"] }, false],
    ["another command", { ...base, commands: ["status"], users: "any" }, false],
    ["another recipe", { ...base, recipes: ["db"], users: "any" }, false],
    ["any recipe", { ...base, recipes: "any", users: "any" }, true],
  ])("a rule for %s", (_what, rule, allowed) => {
    expect(isAllowed(workspace(rule), who, "refresh", "web")).toBe(allowed);
  });

  it("is decided by one whole rule, not by parts of several", () => {
    const rules: AllowRule[] = [
      { commands: ["refresh"], recipes: ["db"], users: ["U1"] },
      { commands: ["status"], recipes: ["web"], users: ["U1"] },
      { commands: ["refresh"], recipes: ["web"], users: ["U2"] },
    ];
    expect(isAllowed(workspace(...rules), who, "refresh", "web")).toBe(false);
  });
});
