/** Of a quota. A limit of -1 is none. */
export interface Usage {
  used: number;
  limit: number;
}

export interface VolumeQuota {
  snapshots: Usage;
  volumes: Usage;
  gib: Usage;
}

export interface ComputeQuota {
  instances: Usage;
  cores: Usage;
  ramMib: Usage;
}

/** Null: the operator has set no such limit. */
export interface ImageQuota {
  images: Usage | null;
  sizeMib: Usage | null;
}
