import { inflateRawSync } from "node:zlib";

const ENTRY = Buffer.from("PK\u0001\u0002");
const STORED = 0;
const DEFLATED = 8;

/** The files of a zip, by name, as its central directory lists them (PKWARE APPNOTE, 4.3.12). */
export function unzip(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = zip.indexOf(ENTRY); at !== -1; at = zip.indexOf(ENTRY, at + 1)) {
    const name = zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28));
    const local = zip.readUInt32LE(at + 42);
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(from, from + zip.readUInt32LE(at + 20));
    files.set(name, content(packed, zip.readUInt16LE(at + 10)));
  }
  return files;
}

function content(packed: Buffer, method: number): Buffer {
  if (method === STORED) return packed;
  if (method === DEFLATED) return inflateRawSync(packed);
  throw new Error(`a zip with compression method ${method}, which Lambda does not unpack`);
}
