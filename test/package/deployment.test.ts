import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deployment } from "kubernetes-models/apps/v1";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { ConfigMap, PersistentVolumeClaim, Secret } from "kubernetes-models/v1";
import { describe, expect, inject, it } from "vitest";
import { parseAllDocuments } from "yaml";
import * as z from "zod/mini";
import { loadRecipes } from "../../shared/recipe/load.ts";

const pathOf = (file: string) => new URL(`../../packaging/${file}`, import.meta.url);

describe("the systemd unit", () => {
  const unit = readFileSync(pathOf("regild.service"), "utf8").replace(
    "/usr/local/bin/regild",
    inject("executable"),
  );
  /** @returns what systemd-analyze says of the unit. */
  const analyzed = (text: string, ...args: string[]) => {
    const folder = mkdtempSync(join(tmpdir(), "regild-unit-"));
    try {
      const file = join(folder, "regild.service");
      writeFileSync(file, text);
      const { status, stdout, stderr } = spawnSync("systemd-analyze", [...args, file], {
        encoding: "utf8",
      });
      return { status, said: `${stdout}${stderr}` };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it("is one that systemd understands", () => {
    expect(analyzed(unit, "verify")).toEqual({ status: 0, said: "" });
    const misspelt = unit.replace("ProtectSystem=", "ProtectSytem=");
    expect(analyzed(misspelt, "verify").said).toContain("ProtectSytem");
  });

  it("leaves the service little to attack", () => {
    const threshold = ["security", "--offline=true", "--threshold=20"];
    expect(analyzed(unit, ...threshold).status).toBe(0);
    expect(analyzed(unit.replace("CapabilityBoundingSet=", ""), ...threshold).status).toBe(1);
  });
});

describe("the Kubernetes manifest", () => {
  const kinds = [ConfigMap, Secret, PersistentVolumeClaim, Deployment, NetworkPolicy];
  const text = readFileSync(pathOf("kubernetes.yaml"), "utf8");
  const problemsOf = (manifest: string): string[] =>
    parseAllDocuments(manifest).flatMap((document) => {
      const value: unknown = document.toJS();
      const known = kinds.find((kind) => kind.is(value));
      if (known === undefined) return [`unknown: ${JSON.stringify(value)}`];
      const made: { validate(): void } = Reflect.construct(known, [value]);
      try {
        made.validate();
        return [];
      } catch (error) {
        return [String(error)];
      }
    });

  it("has the published schemas' fields and kinds of values", () => {
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text.replace("replicas: 1", 'replicas: "1"')).join()).toContain("replicas");
    expect(problemsOf(text.replace("claimName:", "claim:")).join()).toContain("claimName");
  });

  it("has one host at a time, without rights, on a read-only root", () => {
    for (const line of [
      "replicas: 1",
      "type: Recreate",
      "runAsNonRoot: true",
      "readOnlyRootFilesystem: true",
      "allowPrivilegeEscalation: false",
      "ingress: []",
    ]) {
      expect(text).toContain(line);
    }
  });

  it("holds recipes that Regild takes", () => {
    const { data } = z
      .object({ data: z.object({ "recipes.yml": z.string() }) })
      .parse(parseAllDocuments(text)[0]?.toJS());
    expect(loadRecipes(data["recipes.yml"], "recipes.yml")).not.toHaveProperty("problems");
  });
});

it("the container file copies nothing that is not in the repository", () => {
  const files = execFileSync("git", ["ls-files"], { encoding: "utf8" }).split("\n");
  const container = readFileSync(pathOf("Containerfile"), "utf8");
  const copied = [...container.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, names = ""]) =>
    names.split(" "),
  );
  expect(copied.filter((name) => name !== "." && !files.includes(name))).toEqual([]);
  expect(container).toContain("USER 10001:10001");
});
