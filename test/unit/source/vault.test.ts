import { expect, it } from "vitest";
import type { Vault } from "../../../shared/backups.ts";
import { type SeenVault, vaultProblem } from "../../../shared/source/vault.ts";
import { recipe, server, volume } from "../builders.ts";

const OF = recipe({ capture: "full_server", vaultId: "vault-1" });
const DISKS = [volume({ id: "root", sizeGib: 40 }), volume({ id: "data", sizeGib: 60 })];

function vault(is: Partial<Vault> = {}): Vault {
  return {
    id: "vault-1",
    name: "golden",
    status: "available",
    objectType: "server",
    protectType: "backup",
    sizeGib: 200,
    usedMib: 0,
    allocatedGib: 0,
    isExpanding: false,
    serverIds: [],
    ...is,
  };
}

const problem = (seen: SeenVault) =>
  vaultProblem(OF, seen, { servers: [server()], volumes: DISKS });

it.each<[string, Partial<Vault>]>([
  ["is empty", {}],
  ["is being made larger", { status: "lock" }],
  ["has just room for the server", { allocatedGib: 100 }],
  ["has the server already", { allocatedGib: 200, serverIds: ["server-1"] }],
  ["has the server under another spelling", { allocatedGib: 200, serverIds: ["SERVER1"] }],
  ["is full, and expands by itself", { usedMib: 200 * 1024, isExpanding: true }],
])("takes a vault that %s", (_, is) => {
  expect(problem(vault(is))).toBeNull();
});

it.each<[string, SeenVault, string, string]>([
  ["no CBR", "no CBR", "no-cbr", "has no CBR"],
  ["404", null, "vault-unfit", "Vault vault-1 of web.vault_id is not in this project and region"],
  ["disks", vault({ objectType: "disk" }), "vault-unfit", "it is a vault for disk, not for server"],
  ["replicas", vault({ protectType: "replication" }), "vault-unfit", "a replication vault, not a"],
  ["frozen", vault({ status: "frozen" }), "vault-unfit", "its status is frozen"],
  ["deleting", vault({ status: "deleting" }), "vault-unfit", "its status is deleting"],
  ["full", vault({ usedMib: 200 * 1024 }), "vault-full", "200 of 200 GB are used"],
  [
    "full, with the server",
    vault({ usedMib: 200 * 1024, serverIds: ["server-1"] }),
    "vault-full",
    "200 of 200 GB are used",
  ],
  [
    "no room for one more",
    vault({ allocatedGib: 101 }),
    "vault-full",
    "101 of 200 GB are taken by the servers that it has, and the disks of web-golden have 100 GB",
  ],
])("refuses a run before its server is stopped: %s", (_, seen, code, why) => {
  expect(problem(seen)).toMatchObject({
    code,
    message: expect.stringContaining(why),
    remedy: expect.stringMatching(/\S/),
  });
});
