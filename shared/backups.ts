/** A backup of a server, in a vault of CBR (Cloud Backup and Recovery of Huawei Cloud and Open Telekom Cloud). */
export interface Backup {
  id: string;
  name: string;
  /** `protecting`, `available`, `deleting`, `waiting_delete`, `error` …: as the API writes it. */
  status: string;
  vaultId: string;
  /** The server that it is a backup of. */
  serverId: string;
  sizeGib: number;
  /** Images that are made of it. Empty: none, or CBR does not tell. */
  imageIds: string[];
  /** By CBR's clock; 0: not told. */
  createdAtMs: number;
}

export interface Vault {
  id: string;
  name: string;
  /** `available`, `lock`, `frozen`, `deleting`, `error`. */
  status: string;
  /** What it keeps backups of: `server`, `disk` or `turbo`. */
  objectType: string;
  /** `backup`, or `replication` for backups of other regions. */
  protectType: string;
  sizeGib: number;
  usedMib: number;
  /** Sum of the sizes of all that is associated with it. */
  allocatedGib: number;
  /** CBR makes it larger once it is full. */
  isExpanding: boolean;
  /** Servers that are associated with it. */
  serverIds: string[];
}

export interface BackupPlace {
  vaultId: string;
  serverId: string;
}

/** The vault and the server of a full-server image's backup, and when the run that made it began. */
export interface BackupOrigin extends BackupPlace {
  sinceMs: number;
}

/** Every method throws `CloudError` and nothing else. */
export interface Backups {
  /** @returns null: 404. */
  vault(id: string): Promise<Vault | null>;
  /** @returns null: 404. */
  backup(id: string): Promise<Backup | null>;
  /** Complete or thrown: every page. */
  backupsIn(place: BackupPlace): Promise<Backup[]>;
  /** Accepted is not done: look until null. Repeating: gone already is success. */
  deleteBackup(id: string): Promise<void>;
}
