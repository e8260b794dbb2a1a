import { createHash } from "node:crypto";
import { assetText } from "#page-assets";
import type { HttpAnswer } from "../http-answer.ts";

const TYPES = {
  "page.css": "text/css; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
};
type AssetName = keyof typeof TYPES;

interface Asset {
  path: string;
  text: string;
  contentType: string;
}

let loaded: Map<AssetName, Asset> | undefined;

/** Read when the first page is asked for: a command that serves nothing reads nothing. */
function assets(): Map<AssetName, Asset> {
  return (loaded ??= new Map([asset("page.css"), asset("page.js"), asset("icon.svg")]));
}

function asset(name: AssetName): [AssetName, Asset] {
  const text = assetText(name);
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 12);
  const path = `/assets/${digest}/${name}`;
  return [name, { path, text, contentType: TYPES[name] }];
}

/** With a digest of its text in it, so a browser may keep the file for good. */
export function assetPath(name: AssetName): string {
  return assets().get(name)?.path ?? "";
}

/** Null: no file of the page has this path. */
export function assetAt(path: string): HttpAnswer | null {
  for (const asset of assets().values()) {
    if (asset.path !== path) continue;
    const headers = {
      "content-type": asset.contentType,
      "cache-control": "public, max-age=31536000, immutable",
    };
    return { status: 200, headers, text: asset.text };
  }
  return null;
}
