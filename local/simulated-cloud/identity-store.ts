export interface Project {
  id: string;
  name: string;
}

export interface User {
  id: string;
  name: string;
  password: string;
  projectId: string;
  applicationCredential: { id: string; secret: string };
}

/** Who a token speaks for. */
export interface Caller {
  user: User;
  project: Project;
}

export interface Token {
  id: string;
  caller: Caller;
  method: "password" | "application_credential";
  issuedAtMs: number;
  expiresAtMs: number;
}

/** One user a project, all in the domain `Default`, each with one application credential. */
export class IdentityStore {
  readonly callers: Caller[] = [];
  readonly tokens = new Map<string, Token>();
  readonly #newId: () => string;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** A project and its only user share one name. */
  addProject(name: string, password: string, id = this.#hex()): Caller {
    const project = { id, name };
    const applicationCredential = { id: this.#hex(), secret: `${name}-application-secret` };
    const user = { id: this.#hex(), name, password, projectId: project.id, applicationCredential };
    const caller = { user, project };
    this.callers.push(caller);
    return caller;
  }

  issue(caller: Caller, method: Token["method"], nowMs: number, seconds: number): Token {
    const id = `gAAAAA${this.#hex()}`;
    const token = {
      id,
      caller,
      method,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + seconds * 1000,
    };
    this.tokens.set(id, token);
    return token;
  }

  #hex(): string {
    return this.#newId().replaceAll("-", "");
  }
}
