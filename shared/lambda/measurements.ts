import type { Http, HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
import type { Values } from "./metrics.ts";

/** What happens at the seams while an invocation works, noted there: Lambda gives a process one at a time. */
export class Measurements {
  private cloudCalls = 0;
  private cloudCallsRepeated = 0;
  private awsCallsRepeated = 0;
  private readonly seenLateSeconds: number[] = [];
  /** Reads of this invocation without an answer to go by: the same again is a repeat. */
  private readonly unanswered = new Set<string>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** @param seenLate of each answer, how many seconds ago the uploads ended whose end it tells of. */
  watched(
    http: Http,
    seenLate: (request: HttpRequest, answer: HttpResponse, nowMs: number) => number[],
  ): Http {
    return {
      send: async (request) => {
        const call = `${request.method} ${request.url}`;
        this.cloudCalls += 1;
        if (this.unanswered.delete(call)) this.cloudCallsRepeated += 1;
        const answer = await http.send(request);
        if (isToBeRepeated(answer)) this.unanswered.add(call);
        else if (answer.kind === "response") {
          this.seenLateSeconds.push(...seenLate(request, answer, this.now()));
        }
        return answer;
      },
    };
  }

  awsCallRepeated(): void {
    this.awsCallsRepeated += 1;
  }

  /** What has happened since the last time; what has not is left out, zeros too. */
  take(): Values {
    const values: Values = {};
    if (this.cloudCalls > 0) values.regild_cloud_requests_total = this.cloudCalls;
    if (this.cloudCallsRepeated > 0)
      values.regild_cloud_requests_repeated_total = this.cloudCallsRepeated;
    if (this.awsCallsRepeated > 0)
      values.regild_aws_requests_repeated_total = this.awsCallsRepeated;
    const late = this.seenLateSeconds.splice(0);
    if (late.length > 0) values.regild_upload_seen_late_seconds = late;
    this.cloudCalls = this.cloudCallsRepeated = this.awsCallsRepeated = 0;
    this.unanswered.clear();
    return values;
  }
}

/** As the adapter does: a read without an answer at once, any call but a create with a token that was refused. */
function isToBeRepeated(answer: HttpResponse | HttpFailure): boolean {
  return answer.kind === "failure" || answer.status === 401;
}
