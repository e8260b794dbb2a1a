/** One step of a server's history, as os-instance-actions tells it. */
export interface ServerAction {
  action: string;
  requestId: string;
  startAtMs: number;
  updatedAtMs: number;
  /** `Error` when it failed; Nova says no more to a member. */
  message: string | null;
  event: string;
  finished: boolean;
  /** Nobody asked for it: Nova has seen that the guest powered itself off. */
  isByGuest?: boolean;
}

export interface ServerVolume {
  volumeId: string;
  device: string;
  /** 0: the server boots from it. */
  bootIndex: number | null;
  /** Nova deletes it with the server. */
  goesWithServer?: boolean;
  tag?: string;
}

/** What becomes of a server that is booted from an image. `silent`: it runs, and prints nothing of use. */
/** `deaf`: it boots, and answers nothing over its network. */
export type BootOutcome = "boots" | "panics" | "silent" | "deaf" | "no-host";

/** Of CBR. */
export interface Vault {
  id: string;
  name: string;
  projectId: string;
  objectType: "server" | "disk";
  status: "available" | "frozen";
  sizeGib: number;
  usedMib: number;
  serverIds: string[];
}

/** Of a server, in a vault: the content of a full-server image. */
export interface Backup {
  id: string;
  projectId: string;
  vaultId: string;
  serverId: string;
  imageId: string;
  status: "protecting" | "available" | "deleting" | "error";
  sizeGib: number;
  createdAtMs: number;
}

export interface Network {
  id: string;
  name: string;
  createdAtMs: number;
}

export interface Server {
  id: string;
  name: string;
  projectId: string;
  userId: string;
  /** `active`, `stopped`, `error`, `building`, `paused` … */
  vmState: string;
  taskState: string | null;
  locked: boolean;
  flavorId: string;
  /** Null for a volume-backed server. */
  imageId: string | null;
  /** Properties of the image it was booted from; they come back on every image made of it. */
  bootProperties: Record<string, string>;
  volumes: ServerVolume[];
  metadata: Record<string, string>;
  faultMessage: string | null;
  /** How it boots, and since when it does. Null: not yet. */
  guest?: { outcome: BootOutcome; sinceMs: number | null };
  availabilityZone?: string | null;
  /** By the names of its networks. */
  addresses?: Record<string, string>;
  createdAtMs: number;
  updatedAtMs: number;
  actions: ServerAction[];
}

export interface Volume {
  id: string;
  name: string;
  projectId: string;
  userId: string;
  status: string;
  sizeGib: number;
  bootable: boolean;
  attachments: Array<{ id: string; serverId: string; device: string; atMs: number }>;
  metadata: Record<string, string>;
  /** Cinder's volume_image_metadata: copied from the image, handed to images uploaded from it. */
  imageMetadata: Record<string, string>;
  /** What a guest has written last. Absent: nothing since it was made. */
  content?: string | undefined;
  snapshotId: string | null;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface Snapshot {
  id: string;
  name: string;
  description: string | null;
  projectId: string;
  volumeId: string;
  status: string;
  sizeGib: number;
  metadata: Record<string, string>;
  /** The volume's, when it was made. */
  content?: string | undefined;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface ImageMember {
  status: string;
  createdAtMs: number;
  updatedAtMs: number;
  /** More than one: requests that came at the same time have each added it. Such an image cannot be deleted. */
  times?: number;
}

export interface Image {
  id: string;
  name: string | null;
  status: string;
  visibility: string;
  projectId: string;
  sizeBytes: number | null;
  virtualSizeBytes: number | null;
  checksum: string | null;
  diskFormat: string | null;
  containerFormat: string | null;
  minDiskGib: number;
  minRamMib: number;
  protected: boolean;
  hidden: boolean;
  tags: string[];
  properties: Record<string, string>;
  members: Map<string, ImageMember>;
  /** Stores that have it. Empty where the image service has one alone. */
  stores: string[];
  /** Data sent through the API; null for images that Nova or Cinder uploaded. */
  data: string | null;
  /** Stores that clone refuse to delete an image that volumes hang on. */
  inUse: boolean;
  createdAtMs: number;
  updatedAtMs: number;
}

/** Cinder's user message: why something failed after it had been accepted. */
export interface Message {
  id: string;
  projectId: string;
  eventId: string;
  text: string;
  resourceType: "VOLUME" | "VOLUME_SNAPSHOT";
  resourceId: string;
  requestId: string;
  createdAtMs: number;
}

/** One image service with its own database. */
export interface Zone {
  name: string;
  images: Map<string, Image>;
  /** Their ids can not be used again, and lists may lag behind. */
  deleted: Map<string, { image: Image; atMs: number }>;
}

export interface Flavor {
  id: string;
  name: string;
  ramMib: number;
  diskGib: number;
}
