import type { Http, HttpFailure, HttpRequest, HttpResponse } from "../../shared/ports.ts";

type Answer = HttpResponse | HttpFailure;

/** What happens to one call on its way. `forward` lets it happen; leave it out, and AWS never hears of it. */
export type Happening = (forward: () => Promise<Answer>) => Promise<Answer>;

/** The wire to an emulator, on which happens what emulators do not do. Calls for which nothing is planned go through. */
export class Wire implements Http {
  /** `GetItem`, `SendMessage`: whatever was tried, in order. */
  readonly actions: string[] = [];
  /** And what it said. */
  readonly bodies: string[] = [];
  private readonly inner: Http;
  private readonly planned: Array<{ action: string; happening: Happening }> = [];

  constructor(inner: Http) {
    this.inner = inner;
  }

  /** Of the next calls of that action, one each. */
  plan(action: string, ...happenings: Happening[]): void {
    this.planned.push(...happenings.map((happening) => ({ action, happening })));
  }

  async send(request: HttpRequest): Promise<Answer> {
    const action = request.headers["x-amz-target"]?.replace(/^.*\./, "") ?? "";
    this.actions.push(action);
    this.bodies.push(request.body ?? "");
    const forward = () => this.inner.send(request);
    const index = this.planned.findIndex((plan) => plan.action === action);
    const [plan] = index === -1 ? [] : this.planned.splice(index, 1);
    return plan === undefined ? forward() : plan.happening(forward);
  }
}

/** Done, and nobody hears of it. */
export const answerLost: Happening = async (forward) => {
  await forward();
  return { kind: "failure", sent: true, reason: "socket hang up" };
};

export const notReached: Happening = async () => {
  return { kind: "failure", sent: false, reason: "connect ECONNREFUSED 127.0.0.1:9" };
};

/** The answer comes, cut off. */
export const cutOff: Happening = async (forward) => {
  const answer = await forward();
  return answer.kind === "failure" ? answer : { ...answer, text: answer.text.slice(0, -5) };
};

export function refused(status: number, code: string, message = ""): Happening {
  return async () => ({
    kind: "response",
    status,
    headers: { "x-amzn-requestid": "REQ-1" },
    text: JSON.stringify({ __type: `com.amazonaws.any#${code}`, message }),
  });
}

/** Answers in place of a call, as an index does that lags behind. */
export function answered(json: unknown): Happening {
  return async () => ({ kind: "response", status: 200, headers: {}, text: JSON.stringify(json) });
}
