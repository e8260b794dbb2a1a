import type { Clouds } from "../../shared/cloud-ports.ts";
import { watchedClouds } from "../watched-clouds.ts";

export interface CloudSignIn {
  isGood: boolean;
  /** Of the answer. Null: none came. */
  status: number | null;
  atMs: number;
}

/** Remembers how the last sign-in to each cloud ended. Nobody is asked for it. */
export class CloudSignIns {
  /** By the cloud's name. */
  readonly last = new Map<string, CloudSignIn>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** The same clouds, whose sign-ins are remembered. */
  watched(clouds: Clouds): Clouds {
    return watchedClouds(clouds, (cloud, { service, status }) => {
      if (service === "identity")
        this.last.set(cloud, { isGood: isSuccess(status), status, atMs: this.now() });
    });
  }
}

/** 201 with a token, 200 with the catalog that an access key is answered with. */
function isSuccess(status: number | null): boolean {
  return status === 200 || status === 201;
}
