import { request } from "node:http";

export interface Shown {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  url: string;
}

/** A browser by hand: plain HTTP requests, and the cookies of each origin with their paths. */
export class Visit {
  private readonly cookies = new Map<string, { origin: string; path: string; pair: string }>();
  readonly setCookies: string[] = [];

  /** Follows no redirect. */
  async ask(
    url: string,
    is: { form?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<Shown> {
    const { origin, hostname, port, pathname, search } = new URL(url);
    const body = is.form === undefined ? "" : new URLSearchParams(is.form).toString();
    const type = "application/x-www-form-urlencoded";
    const headers = {
      accept: "text/html",
      cookie: this.cookieFor(url),
      ...(is.form === undefined ? {} : { "content-type": type, origin }),
      ...is.headers,
    };
    const shown = await new Promise<Shown>((resolve, reject) => {
      const method = is.form === undefined ? "GET" : "POST";
      const asked = { hostname, port, path: `${pathname}${search}`, method, headers };
      const sent = request(asked, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, url }),
        );
      });
      sent.on("error", reject);
      sent.end(body);
    });
    for (const cookie of [shown.headers["set-cookie"] ?? []].flat()) this.keep(origin, cookie);
    return shown;
  }

  cookieFor(url: string): string {
    const { origin, pathname } = new URL(url);
    return [...this.cookies.values()]
      .filter((each) => each.origin === origin && pathname.startsWith(each.path))
      .map(({ pair }) => pair)
      .join("; ");
  }

  private keep(origin: string, cookie: string): void {
    this.setCookies.push(cookie);
    const [pair = "", ...rest] = cookie.split("; ");
    const path = rest.find((each) => /^path=/i.test(each))?.slice("path=".length) ?? "/";
    const key = `${origin} ${path} ${pair.split("=")[0] ?? ""}`;
    if (rest.some((each) => /^max-age=0$/i.test(each))) this.cookies.delete(key);
    else this.cookies.set(key, { origin, path, pair });
  }
}

/** @returns the address that the browser is led to. */
export function locationOf({ headers, url, status, text }: Shown): string {
  const { location } = headers;
  if (typeof location !== "string") throw new Error(`no redirect: ${status} ${text.slice(0, 400)}`);
  return new URL(location, url).href;
}

/** Goes through the provider's pages as a person does. @returns the address of the callback, not asked for yet. */
export async function throughProvider(
  visit: Visit,
  begun: Shown,
  site: string,
  person: string | null,
): Promise<string> {
  let at = locationOf(begun);
  for (let step = 0; step < 20; step++) {
    if (at.startsWith(site)) return at;
    const shown = await visit.ask(at);
    if (shown.status !== 200) {
      at = locationOf(shown);
      continue;
    }
    if (person === null) at = `${at}/abort`;
    else {
      const action = /action="([^"]+)"/.exec(shown.text)?.[1] ?? at;
      const prompt = /name="prompt" value="(\w+)"/.exec(shown.text)?.[1] ?? "";
      const form = { prompt, login: person, password: "any" };
      at = locationOf(await visit.ask(new URL(action, at).href, { form }));
    }
  }
  throw new Error(`the provider never came back: ${at}`);
}
