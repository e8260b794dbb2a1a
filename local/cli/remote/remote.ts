import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type * as z from "zod/mini";
import { CommandError, usageError } from "../command-error.ts";
import { EXIT } from "../exit-status.ts";
import { notReachable, refusedBy, wrongAnswer } from "./remote-errors.ts";
import { tolerant } from "./tolerant.ts";

const ANSWERS_WITHIN_MS = 60_000;
const ATTEMPTS = 3;
const PAUSE_MS = 1_000;

type Query = Readonly<Record<string, string | null | undefined>>;
interface Asked<Document> {
  status: number;
  location: string | null;
  document: Document;
}

/** A `regild serve` elsewhere, asked by its HTTP API. */
export class Remote {
  private readonly base: URL;
  private readonly token: string | null;

  /** @throws CommandError: the URL is none, or would show the token to the network. */
  constructor(url: string, token: string | null) {
    this.base = baseOf(url);
    this.token = token;
    const isPlain = this.base.protocol === "http:" && !LOOPBACK.test(this.base.hostname);
    if (isPlain && token !== null) {
      throw usageError(
        `${this.base.origin} is not encrypted: the token would be shown to the network`,
        `Write https://, or open a tunnel, ssh -L 8321:127.0.0.1:8321 ${this.base.hostname}, and write http://localhost:8321`,
      );
    }
  }

  get origin(): string {
    return this.base.origin;
  }

  async get<Document>(
    path: string,
    schema: z.ZodMiniType<Document>,
    query: Query = {},
  ): Promise<Document> {
    return (await this.ask("GET", path, schema, { query })).document;
  }

  /** Sent again if no answer comes, with the same key: the host carries it out once. */
  post<Document>(
    path: string,
    body: object,
    schema: z.ZodMiniType<Document>,
  ): Promise<Asked<Document>> {
    return this.ask("POST", path, schema, { body, key: randomUUID() });
  }

  private async ask<Document>(
    method: "GET" | "POST",
    path: string,
    schema: z.ZodMiniType<Document>,
    is: { query?: Query; body?: object; key?: string },
  ): Promise<Asked<Document>> {
    const url = new URL(`${this.base.pathname.replace(/\/$/, "")}${path}`, this.base);
    for (const [name, value] of Object.entries(is.query ?? {})) {
      if (value != null) url.searchParams.set(name, value);
    }
    const response = await this.send(url, {
      method,
      headers: {
        accept: "application/json",
        ...(this.token !== null && { authorization: `Bearer ${this.token}` }),
        ...(is.body !== undefined && { "content-type": "application/json" }),
        ...(is.key !== undefined && { "idempotency-key": is.key }),
      },
      ...(is.body !== undefined && { body: JSON.stringify(is.body) }),
    });
    const { status, text, location } = response;
    if (status < 200 || status > 299) throw refusedBy(this.origin, status, text);
    const document = tolerant(schema, text);
    if (document === null) throw wrongAnswer(this.origin, status);
    return { status, location, document };
  }

  private async send(url: URL, init: RequestInit) {
    for (let attempt = 1; ; attempt++) {
      try {
        // A redirect would take the token elsewhere.
        const response = await fetch(url, {
          ...init,
          redirect: "manual",
          signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
        });
        const location = response.headers.get("location");
        return { status: response.status, location, text: await response.text() };
      } catch (error) {
        const told = notReachable(this.origin, error);
        if (!told.mayPass || attempt === ATTEMPTS) throw told.error;
        await sleep(PAUSE_MS);
      }
    }
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** @throws CommandError. A URL may hold a password, so it is not told. */
function baseOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "") {
    return url;
  }
  throw new CommandError("REGILD_URL or --url is not the address of a host", {
    status: EXIT.usage,
    code: "wrong-usage",
    remedy:
      "Write for example https://regild.example.org. The token goes into REGILD_TOKEN, not into the address",
  });
}
