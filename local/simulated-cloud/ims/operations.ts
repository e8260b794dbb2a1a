import type { Operation } from "../call.ts";
import { showJob, showQuota } from "./jobs.ts";
import { createImage, createWholeImage } from "./create-image.ts";
import { copyImage } from "./copy-image.ts";
import { copyToRegion } from "./copy-to-region.ts";
import { exportImage } from "./export-image.ts";

/** The calls of the Image Management Service that stand beside those of Glance, at the same endpoint. */
export const imsOperations: readonly Operation[] = [
  { method: "POST", path: "/v2/cloudimages/action", name: "ims.createImage", run: createImage },
  {
    method: "POST",
    path: "/v1/cloudimages/wholeimages/action",
    name: "ims.createImage",
    run: createWholeImage,
  },
  { method: "POST", path: "/v1/cloudimages/:id/copy", name: "ims.copyImage", run: copyImage },
  {
    method: "POST",
    path: "/v1/cloudimages/:id/cross_region_copy",
    name: "ims.copyToRegion",
    run: copyToRegion,
  },
  {
    method: "POST",
    path: "/v1/cloudimages/:id/file",
    name: "ims.exportImage",
    run: exportImage,
  },
  { method: "GET", path: "/v1/cloudimages/quota", name: "ims.showQuota", run: showQuota },
  { method: "GET", path: "/v1/:project/jobs/:id", name: "ims.showJob", run: showJob },
];
