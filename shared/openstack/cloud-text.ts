import * as z from "zod/mini";

/** Characters of an error that are looked at. An answer may be megabytes long, and people see the first 300. */
const MOST_READ = 10_000;

/**
 * What a service says in the body of an error, as one line for people. Nova, Cinder and Keystone send
 * `{"<any>": {"message": …}}`, Glance sends HTML (seen on Zed), API gateways of Huawei Cloud `{"error_msg": …}`, proxies send what they like.
 */
export function cloudText(body: string): string {
  const text = messageIn(body) ?? textOfHtml(body);
  // What follows is the whole schema and, at Keystone, the whole request.
  const [said = ""] = text.split("Failed validating", 1);
  return shorten(said.slice(0, MOST_READ));
}

const messageSchema = z.union([
  z.object({ message: z.string() }),
  z.pipe(
    z.object({ error_msg: z.string() }),
    z.transform(({ error_msg: message }) => ({ message })),
  ),
]);
const errorSchema = z.record(z.string(), z.unknown());

function messageIn(body: string): string | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null;
  }
  const parts = errorSchema.safeParse(json);
  if (!parts.success) return null;
  for (const part of [json, ...Object.values(parts.data)]) {
    const found = messageSchema.safeParse(part);
    if (found.success) return found.data.message;
  }
  return null;
}

/** The body below the heading, which only repeats the status. */
function textOfHtml(body: string): string {
  return body
    .replace(/<(title|h1|style|script)\b[^>]*>[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

function shorten(text: string): string {
  // Glance leaves its own markup in JSON, and escapes it in HTML.
  const line = text
    .replace(/<br ?\/?>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
}
