import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FLAVOR, IMAGE, NETWORK } from "../../test/cloud/support.ts";
import type { Command } from "./metered.ts";

/** Where the programs run: servers to take images of, and the cloud by way of a counting proxy. */
export interface Setting {
  folder: string;
  /** In the names of all that is made. */
  mark: string;
  servers: string[];
  /** Of the base image, by its id. */
  baseImageId: string;
}

export interface Tool {
  name: string;
  /** Null: not installed. */
  version: string | null;
  /** Programs that take an image of each server at once. */
  commands(setting: Setting): Command[];
  /** Run again in the same folder, it knows how long the earlier uploads took. */
  remembers: boolean;
}

const REGILD = fileURLToPath(new URL("../../local/bin/regild.cjs", import.meta.url));

function versionOf(program: string, args: string[]): string | null {
  try {
    const said = execFileSync(program, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return /\d+\.\d+\.\d+\S*/.exec(said)?.[0] ?? "of an unknown version";
  } catch {
    return null;
  }
}

/** Reads clouds.yaml of the folder, and nothing of the user's own. */
function envOf(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    OS_CLOUD: "peers",
    OS_CLIENT_CONFIG_FILE: join(folder, "clouds.yaml"),
    CHECKPOINT_DISABLE: "1",
    NO_COLOR: "1",
  };
}

const openstackclient: Tool = {
  name: "openstack server image create --wait",
  version: versionOf("openstack", ["--version"]),
  remembers: false,
  commands: ({ folder, mark, servers }) =>
    servers.map((server) => ({
      program: "openstack",
      args: ["server", "image", "create", "--wait", "--name", `${mark}-client-${server}`, server],
      cwd: folder,
      env: envOf(folder),
    })),
};

/** Packer boots a server of its own for each image, so it has more to do. */
const packer: Tool = {
  name: "packer build (boots a server first)",
  version: versionOf("packer", ["version"]),
  remembers: false,
  commands: ({ folder, mark, servers, baseImageId }) =>
    servers.map((server) => {
      const template = join(mkdtempSync(join(folder, "packer-")), "template.json");
      const builder = {
        type: "openstack",
        cloud: "peers",
        image_name: `${mark}-packer-${server}`,
        source_image: baseImageId,
        flavor: FLAVOR,
        networks: NETWORK === "none" ? [] : [NETWORK],
        communicator: "none",
        instance_name: `${mark}-packer-${server}`,
      };
      writeFileSync(template, JSON.stringify({ builders: [builder] }));
      return { program: "packer", args: ["build", template], cwd: folder, env: envOf(folder) };
    }),
};

const regild: Tool = {
  name: "regild refresh --all --wait",
  version: "of this checkout",
  remembers: true,
  commands: ({ folder, mark, servers }) => {
    const image = { name: `${mark}-regild-\${{ short_id }}` };
    const recipes = servers.map((server, at): [string, object] => [
      `r${at}`,
      { cloud: "peers", server, image },
    ]);
    writeFileSync(
      join(folder, "recipes.yml"),
      JSON.stringify({ recipes: Object.fromEntries(recipes) }),
    );
    const args = [REGILD, "refresh", "--all", "--wait"];
    return [{ program: process.execPath, args, cwd: folder, env: envOf(folder) }];
  },
};

export const TOOLS = [openstackclient, packer, regild];
export const BASE_IMAGE = IMAGE;
