import type { Answer } from "../answers.ts";
import type { Call, Operation } from "../call.ts";
import { downloadData, uploadData } from "./content.ts";
import { importImage, listTasks, showImport } from "./import.ts";
import {
  addTag,
  createImageRecord,
  deleteImage,
  removeTag,
  showImage,
  showUsage,
  switchTo,
} from "./life.ts";
import { showStores } from "./store-copy.ts";
import { listImages } from "./list.ts";
import { addMember, answerAsMember, listMembers, removeMember } from "./members.ts";
import { patchImage } from "./patch.ts";

/** Versions a client may know of; hidden images came with 2.7. */
const MINORS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 17];

function versions(status: 200 | 300): (call: Call) => Answer {
  return ({ world, zone }) => {
    const href = `${world.baseUrl}/image/${zone.name}/v2/`;
    const minors = MINORS.filter((minor) => minor <= world.settings.imageMinor).toReversed();
    const body = minors.map((minor, index) => ({
      id: `v2.${minor}`,
      status: index === 0 ? "CURRENT" : "SUPPORTED",
      links: [{ rel: "self", href }],
    }));
    return { status, body: { versions: body } };
  };
}

const image = "/v2/images/:id";

export const glanceOperations: readonly Operation[] = [
  { method: "GET", path: "/", name: "image.versions", run: versions(300), open: true },
  { method: "GET", path: "/versions", name: "image.versions", run: versions(200), open: true },
  { method: "GET", path: "/v2/info/usage", name: "image.usage", run: showUsage },
  { method: "GET", path: "/v2/info/import", name: "image.importMethods", run: showImport },
  { method: "GET", path: "/v2/info/stores", name: "image.stores", run: showStores },
  { method: "GET", path: "/v2/images", name: "image.list", run: listImages },
  { method: "POST", path: "/v2/images", name: "image.create", run: createImageRecord },
  { method: "GET", path: image, name: "image.show", run: showImage },
  { method: "PATCH", path: image, name: "image.patch", run: patchImage },
  { method: "DELETE", path: image, name: "image.delete", run: deleteImage },
  { method: "PUT", path: `${image}/file`, name: "image.upload", run: uploadData },
  { method: "GET", path: `${image}/file`, name: "image.download", run: downloadData },
  { method: "POST", path: `${image}/import`, name: "image.import", run: importImage },
  { method: "GET", path: `${image}/tasks`, name: "image.tasks", run: listTasks },
  { method: "PUT", path: `${image}/tags/:tag`, name: "image.addTag", run: addTag },
  { method: "DELETE", path: `${image}/tags/:tag`, name: "image.removeTag", run: removeTag },
  {
    method: "POST",
    path: `${image}/actions/deactivate`,
    name: "image.deactivate",
    run: switchTo("deactivated"),
  },
  {
    method: "POST",
    path: `${image}/actions/reactivate`,
    name: "image.reactivate",
    run: switchTo("active"),
  },
  { method: "GET", path: `${image}/members`, name: "image.listMembers", run: listMembers },
  { method: "POST", path: `${image}/members`, name: "image.addMember", run: addMember },
  {
    method: "PUT",
    path: `${image}/members/:member`,
    name: "image.answerAsMember",
    run: answerAsMember,
  },
  {
    method: "DELETE",
    path: `${image}/members/:member`,
    name: "image.removeMember",
    run: removeMember,
  },
];
