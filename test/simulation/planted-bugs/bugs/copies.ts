import type { PlantedBug } from "../bug.ts";

const DISTRIBUTE = "shared/steps/distribute.ts";
const DECIDE = "shared/steps/decide-copy.ts";

/** Images that Regild has copied to other zones. */
export const COPY_BUGS: PlantedBug[] = [
  {
    name: "copy-of-another-id",
    breaks:
      "A copy gets an id of its own, so nobody finds it again, and a doubled message makes another",
    withinSeeds: 20,
    only: "copies",
    rules: ["a copy has the id of an image that a run made"],
    edits: [
      {
        file: "shared/image/distribution.ts",
        find: "    id: image.id,\n",
        replace: '    id: image.id.replace(/^.{8}/, "00000000"),\n',
      },
    ],
  },
  {
    name: "copy-not-announced",
    breaks: "A copy is registered before the record of the run names it",
    withinSeeds: 20,
    only: "copies",
    rules: ["a copy is announced before it is asked for"],
    edits: [
      {
        file: DECIDE,
        find: "if (copy === null) return announce(run, zone, plan);\n  if (copy.registeredAtMs",
        replace:
          'if (copy === null) return { kind: "act", act: { kind: "register", zone, record: copyOf(run, candidateOf(run), made) }, text: zone, set: announce(run, zone, plan).set };\n  if (copy.registeredAtMs',
      },
    ],
  },
  {
    name: "copy-without-content",
    breaks: "An image becomes current while the content of a copy is still on its way",
    withinSeeds: 20,
    only: "copies",
    rules: ["what becomes current is usable in each zone"],
    edits: [
      {
        file: DECIDE,
        find: 'if (image.status === "active") return { kind: "done" };',
        replace: 'if (image.status !== "") return { kind: "done" };',
      },
      {
        file: "shared/image/verdict.ts",
        find: 'if (ON_ITS_WAY.includes(image.status)) return is("lagging", image.status);',
        replace: 'if (ON_ITS_WAY.includes(image.status)) return is("good", image.status);',
      },
    ],
  },
  {
    name: "copy-not-undone",
    breaks: "Undoing a run, or deleting an old image, leaves the copy that Regild has made",
    withinSeeds: 33,
    only: "copies",
    rules: ["what the inventory calls gone is gone everywhere", "no copy of an image is left"],
    edits: [
      {
        file: "shared/image/copies.ts",
        find: "wasThere = (await images.deleteImage(imageId)) || wasThere;",
        replace: "wasThere = images === undefined || wasThere;",
      },
    ],
  },
  {
    name: "copy-shown-at-once",
    breaks: "Consumers of the other zone take an image that nobody has tested or approved",
    withinSeeds: 20,
    only: "copies",
    rules: ["no copy is shown before its image was current"],
    edits: [
      { file: "shared/image/distribution.ts", find: "hidden: true,", replace: "hidden: false," },
    ],
  },
  {
    name: "copy-stays-hidden",
    breaks: "Consumers of the other zone never find the current image",
    withinSeeds: 20,
    only: "copies",
    rules: ["a zone shows the current copy, and no earlier one"],
    edits: [
      {
        file: "shared/image/copy-projection.ts",
        find: "await images.change(copy, marks.change);",
        replace: "await images.change(copy, {});",
      },
    ],
  },
  {
    name: "copy-sent-without-bound",
    breaks: "An image that never arrives in the other zone is sent there again and again",
    withinSeeds: 210,
    only: "streams",
    rules: ["the content of a copy is sent a few times at most"],
    edits: [
      {
        file: DECIDE,
        find: "if (fetches >= MAX_FETCHES)",
        replace: "if (fetches >= 10_000)",
      },
    ],
  },
  {
    name: "copy-of-another-content",
    breaks: "Regild sends the image that the server was booted from, and compares no hashes",
    withinSeeds: 72,
    only: "streams",
    rules: ["what becomes current is the same in each zone"],
    edits: [
      {
        file: DISTRIBUTE,
        find: "await from.content.open(id)",
        replace: "await from.content.open(run.source?.bootImageId ?? id)",
      },
      {
        file: "shared/image/verdict.ts",
        find: "if (hash != null && image.hash !== null && hash !== image.hash)",
        replace: "if (hash === undefined)",
      },
    ],
  },
  {
    name: "copy-sent-while-it-arrives",
    breaks: "A process begins to send an image again while its own transfer goes on",
    withinSeeds: 33,
    only: "streams",
    rules: ["a process sends a content once at a time"],
    edits: [
      {
        file: DECIDE,
        find: "const isSending = sendingBytes !== null;",
        replace: "const isSending = false;",
      },
      {
        file: DECIDE,
        find: 'return status === "queued" && !isImporting;',
        replace: 'return (status === "queued" || status === "saving") && !isImporting;',
      },
      {
        file: DISTRIBUTE,
        find: "transfers === undefined || transfers.isUnderWay(run.id, zone)",
        replace: "transfers === undefined",
      },
      {
        file: DISTRIBUTE,
        find: "if (transfers.isUnderWay(run.id, zone)) return content.close();",
        replace: "",
      },
    ],
  },
  {
    name: "copy-sent-unannounced",
    breaks: "A copy is sent before the record of the run names it",
    withinSeeds: 20,
    only: "streams",
    rules: ["a copy is announced before it is asked for"],
    edits: [
      {
        file: DECIDE,
        find: "if (copy === null) return announce(run, zone, plan);\n  if (copy.registeredAtMs",
        replace:
          'if (copy === null) return { kind: "act", act: { kind: "register", zone, record: copyOf(run, candidateOf(run), made) }, text: zone, set: { copies: announce(run, zone, plan).set.copies.map((one) => ({ ...one, registeredAtMs: nowMs })) } };\n  if (copy.registeredAtMs',
      },
    ],
  },
  {
    name: "store-copy-not-awaited",
    breaks: "An image becomes current while its copy to a further store goes on, or has failed",
    withinSeeds: 20,
    only: "stores",
    rules: ["what becomes current is in each store"],
    edits: [
      {
        file: DECIDE,
        find: 'if (made.stores.includes(store)) return { kind: "done" };',
        replace: 'if (copy !== null && copy.fetches > 0) return { kind: "done" };',
      },
      {
        file: "shared/image/verdict.ts",
        find: "const isThere = made.stores.includes(store);",
        replace: "const isThere = made.stores.length > 0;",
      },
      {
        file: "shared/image/verdict.ts",
        find: 'if (image.storesImporting !== null) return is("lagging", `importing: ${image.storesImporting}`);',
        replace: "",
      },
    ],
  },
  {
    name: "store-copy-without-bound",
    breaks: "An image that a store cannot take is copied there again and again",
    withinSeeds: 60,
    only: "stores",
    rules: ["the content of a copy is asked for a few times at most"],
    edits: [
      {
        file: DECIDE,
        find: "if (fetches >= MAX_FETCHES)",
        replace: "if (fetches >= 10_000)",
      },
    ],
  },
  {
    name: "store-copy-not-announced",
    breaks: "An image is copied to a further store before the record of the run says so",
    withinSeeds: 20,
    only: "stores",
    rules: ["a copy is announced before it is asked for"],
    edits: [
      {
        file: DECIDE,
        find: "if (copy === null) return announce(run, zone, plan);\n  if (!made.isImporting)",
        replace:
          'if (copy === null) return { kind: "act", act: { kind: "store", zone, store }, text: zone, set: announce(run, zone, plan).set };\n  if (!made.isImporting)',
      },
    ],
  },
];
