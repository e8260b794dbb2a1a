/** A disk that a server is to boot from, or to have: a volume that Nova makes for it and deletes with it. */
export interface Disk {
  from: "image" | "snapshot";
  id: string;
  /** 0: the server boots from it. Null: it does not. */
  bootIndex: number | null;
  /** Null: as large as what it is made from. */
  sizeGib: number | null;
}

export interface ServerWish {
  name: string;
  flavorId: string;
  /** What it boots from: an image, or disks. */
  boot: { imageId: string } | { disks: Disk[] };
  /** Ids. Empty: it has no network at all. */
  networks: string[];
  /** Ids or names. Empty: the project's `default`. */
  securityGroups: string[];
  /** Null: the cloud chooses one. */
  availabilityZone: string | null;
  keyName: string | null;
  userData: string | null;
  metadata: Record<string, string>;
}
