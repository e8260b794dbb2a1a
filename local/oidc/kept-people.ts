import { randomBytes } from "node:crypto";
import type { Claims } from "./person.ts";

/** A person who signed in, as the provider describes them. */
export interface Person {
  claims: Claims;
  /** Of the sign-ins that were good when this one began. */
  generation: string;
  untilMs: number;
}

/** Where people who signed in are kept. */
export interface KeptPeople {
  get: (key: string) => Promise<Person | null>;
  /** Replaces what is kept of the person. @returns false: there is no room for one more person. */
  put: (key: string, person: Person) => Promise<boolean>;
  /**
   * The generation of sign-ins that is good now.
   * @param source the provider and client in force. Another one than at the last call begins a new generation for good.
   */
  generation: (source: string) => Promise<string>;
}

/** So many people are remembered at once. One more is refused, so nobody can end the sign-ins of others. */
const MOST_PEOPLE = 1000;

/** Known to this process alone: a restart of the host ends all sign-ins, and no copy of the data file holds them. */
export class PeopleInMemory implements KeptPeople {
  private readonly known = new Map<string, Person>();
  private readonly now: () => number;
  private good: { source: string; generation: string } | null = null;

  constructor(now: () => number) {
    this.now = now;
  }

  async get(key: string): Promise<Person | null> {
    return this.known.get(key) ?? null;
  }

  async put(key: string, person: Person): Promise<boolean> {
    const now = this.now();
    for (const [each, { untilMs }] of this.known) if (untilMs <= now) this.known.delete(each);
    if (!this.known.has(key) && this.known.size >= MOST_PEOPLE) return false;
    this.known.set(key, person);
    return true;
  }

  async generation(source: string): Promise<string> {
    if (this.good?.source !== source) {
      this.good = { source, generation: newGeneration() };
      this.known.clear();
    }
    return this.good.generation;
  }
}

export function newGeneration(): string {
  return randomBytes(16).toString("base64url");
}
