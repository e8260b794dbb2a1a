import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SCRIPT = path.resolve("docs/prepare-the-guest/clean-guest.sh");

let root = "";
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "regild-guest-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  const to = path.join(root, file);
  mkdirSync(path.dirname(to), { recursive: true });
  writeFileSync(to, text);
}

const text = (file: string): string => readFileSync(path.join(root, file), "utf8");
const isThere = (file: string): boolean => existsSync(path.join(root, file));

function clean(...args: string[]) {
  const { status, stdout, stderr } = spawnSync("sh", [SCRIPT, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

const IFCFG = "etc/sysconfig/network-scripts/ifcfg-eth0";
const UDEV = "etc/udev/rules.d/70-persistent-net.rules";
const KEYFILE = "etc/NetworkManager/system-connections/eth0.nmconnection";

/** A system of each family after its first boot. */
const SYSTEMS: Record<string, () => void> = {
  "CentOS 6": () => {
    write(UDEV, 'SUBSYSTEM=="net", ATTR{address}=="fa:16:3e:11:22:33", NAME="eth0"\n');
    write(IFCFG, 'DEVICE=eth0\nHWADDR=fa:16:3e:11:22:33\nUUID="5fb06bd0"\nONBOOT=yes\n');
    write("var/lib/dhclient/dhclient-eth0.leases", "lease {}\n");
  },
  "RHEL 9": () => {
    write(
      KEYFILE,
      "[connection]\nid=eth0\nuuid=5fb06bd0\n[ethernet]\nmac-address=FA:16:3E:11:22:33\n",
    );
    chmodSync(path.join(root, KEYFILE), 0o600);
    write("etc/machine-id", "5fb06bd0bb1d4a5c8e1e6a0d7a0a1b2c\n");
    write("var/lib/NetworkManager/internal-5fb06bd0-eth0.lease", "ADDRESS=10.0.0.5\n");
    write("var/lib/systemd/random-seed", "seed");
  },
  "Ubuntu 22.04": () => {
    write(
      "etc/netplan/50-cloud-init.yaml",
      "network: { ethernets: { ens3: { match: { macaddress: fa:16:3e:11:22:33 } } } }\n",
    );
    write("etc/machine-id", "5fb06bd0bb1d4a5c8e1e6a0d7a0a1b2c\n");
    write("var/lib/dbus/machine-id", "5fb06bd0bb1d4a5c8e1e6a0d7a0a1b2c\n");
    write("var/lib/cloud/instances/i-1/sem/config_ssh", "");
    write("var/lib/cloud/seed/nocloud/meta-data", "instance-id: i-1\n");
    write("var/log/cloud-init.log", "booted\n");
  },
};

describe("the script that cleans a Linux guest", () => {
  it.each(Object.keys(SYSTEMS))(
    "leaves nothing of the one server on %s, and may be repeated",
    (name) => {
      write("etc/hostname", "golden\n");
      SYSTEMS[name]?.();
      expect(clean(root)).toMatchObject({ status: 0, stderr: "" });
      const left = spawnSync("grep", ["-ril", "fa:16:3e:11:22:33", root], { encoding: "utf8" });
      expect(left.stdout).toBe("");
      for (const gone of [
        UDEV,
        "var/lib/dbus/machine-id",
        "var/lib/systemd/random-seed",
        "var/lib/cloud/instances",
      ])
        expect(isThere(gone)).toBe(false);
      expect(text("etc/hostname")).toBe("golden\n");
      expect(clean(root)).toMatchObject({ status: 0, stderr: "" });
    },
  );

  it("keeps what is not of the card: the rest of the files, the uuid of a connection, the seed of cloud-init", () => {
    for (const prepare of Object.values(SYSTEMS)) prepare();
    expect(clean(root).status).toBe(0);
    expect(text(IFCFG)).toBe("DEVICE=eth0\nONBOOT=yes\n");
    expect(text(KEYFILE)).toBe("[connection]\nid=eth0\nuuid=5fb06bd0\n[ethernet]\n");
    expect(isThere("var/lib/cloud/seed/nocloud/meta-data")).toBe(true);
    // systemd makes a new one of an empty file, and none of a missing one before some services start.
    expect(text("etc/machine-id")).toBe("");
  });

  it.each([
    [
      "etc/netplan/01-static.yaml",
      "network:\n  ethernets:\n    ens3:\n      match: { macaddress: fa:16:3e:11:22:33 }\n",
    ],
    ["etc/systemd/network/10-lan.link", "[Match]\nMACAddress=fa:16:3e:11:22:33\n"],
  ])("names a file of a person that still names a card, and leaves it: %s", (file, content) => {
    write(file, content);
    const { status, stderr } = clean(root);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `still names a network card: /${file}\n`,
    });
    expect(text(file)).toBe(content);
    write(file, content.replace(/.*mac.*\n/i, "# no MACAddress=\n"));
    expect(clean(root).status).toBe(0);
  });

  it("does not follow a link out of the folder", () => {
    const outside = mkdtempSync(path.join(tmpdir(), "regild-outside-"));
    writeFileSync(path.join(outside, "machine-id"), "host\n");
    mkdirSync(path.join(outside, "cloud", "instances"), { recursive: true });
    write("etc/hostname", "golden\n");
    mkdirSync(path.join(root, "var/lib/dbus"), { recursive: true });
    symlinkSync(path.join(outside, "machine-id"), path.join(root, "etc/machine-id"));
    symlinkSync(path.join(outside, "machine-id"), path.join(root, "var/lib/dbus/machine-id"));
    symlinkSync(path.join(outside, "cloud"), path.join(root, "var/lib/cloud"));
    expect(clean(root).status).toBe(0);
    expect(readFileSync(path.join(outside, "machine-id"), "utf8")).toBe("host\n");
    expect(existsSync(path.join(outside, "cloud", "instances"))).toBe(true);
    rmSync(outside, { recursive: true });
  });

  it.each([
    ["a folder that is no system", () => [root], "it has no etc"],
    ["an unknown option", () => ["--force"], "clean-guest.sh FOLDER"],
    ["two folders", () => [root, root], "clean-guest.sh FOLDER"],
  ])("refuses %s", (_what, args, says) => {
    write("data.txt", "mine\n");
    const { status, stderr } = clean(...args());
    expect(status).toBe(2);
    expect(stderr).toContain(says);
    expect(text("data.txt")).toBe("mine\n");
  });

  it("says with --help what it does", () => {
    expect(clean("--help")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Safe to repeat"),
    });
  });
});
