import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod/mini";
import { cloudsFile } from "./sign-in.ts";

const adminEntry = z.object({
  clouds: z.object({
    "lab-admin": z.object({
      auth: z.object({
        auth_url: z.string(),
        username: z.string(),
        password: z.string(),
        project_name: z.string(),
      }),
    }),
  }),
});

/** A user who has only the role `reader` in a project; made by the lab's administrator, and removed again. */
export interface Reader extends AsyncDisposable {
  username: string;
  password: string;
}

export async function makeReader(projectId: string): Promise<Reader> {
  const file = adminEntry.parse(parse(readFileSync(cloudsFile(), "utf8")));
  const { auth } = file.clouds["lab-admin"];
  const domain = { id: "default" };
  const send = async (method: string, path: string, body?: unknown, token?: string) => {
    const answer = await fetch(`${auth.auth_url.replace(/\/v3\/?$/, "")}/v3${path}`, {
      method,
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? {} : { "x-auth-token": token }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const signedIn = await send("POST", "/auth/tokens", {
    auth: {
      identity: {
        methods: ["password"],
        password: { user: { name: auth.username, domain, password: auth.password } },
      },
      scope: { project: { name: auth.project_name, domain } },
    },
  });
  const token = signedIn.headers.get("x-subject-token") ?? "";
  const roles = z.object({ roles: z.array(z.object({ id: z.string() })) });
  const found = roles.parse(
    await (await send("GET", "/roles?name=reader", undefined, token)).json(),
  );
  const username = `regild-test-reader-${randomUUID().slice(0, 8)}`;
  const password = randomUUID();
  const user = { name: username, password, domain_id: domain.id };
  const made = z.object({ user: z.object({ id: z.string() }) });
  const { id } = made.parse(await (await send("POST", "/users", { user }, token)).json()).user;
  await send(
    "PUT",
    `/projects/${projectId}/users/${id}/roles/${found.roles[0]?.id}`,
    undefined,
    token,
  );
  return {
    username,
    password,
    [Symbol.asyncDispose]: async () => {
      await send("DELETE", `/users/${id}`, undefined, token);
    },
  };
}
