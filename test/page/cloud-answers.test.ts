import { expect, it } from "vitest";
import { CloudAnswers } from "../../local/page/cloud-answers.ts";
import type { Clouds } from "../../shared/cloud-ports.ts";
import { NOW_MS, WEB } from "../cli/records.ts";

const CALL = { method: "GET", service: "image", path: "/v2/images", requestId: null } as const;

it("remembers of each cloud whether it answered the last call, and passes the call on", () => {
  const answers = new CloudAnswers(() => NOW_MS);
  const recipes = [WEB, { ...WEB, cloud: "silent" }, { ...WEB, cloud: "new" }];
  const seen: Array<number | null> = [];
  const open: Clouds["open"] = ({ cloud }, see) => {
    see({ ...CALL, status: 200 });
    see({ ...CALL, status: cloud === "silent" ? null : 503 });
    throw new Error("no cloud is needed here");
  };
  for (const cloud of ["mycloud", "silent"]) {
    const ask = () =>
      answers
        .watched({ open })
        .open({ cloud, region: null }, ({ status }) => void seen.push(status));
    expect(ask).toThrow("no cloud is needed here");
  }
  expect(answers.of(recipes)).toEqual([
    { cloud: "mycloud", answered: true, seenAtMs: NOW_MS },
    { cloud: "new", answered: null, seenAtMs: null },
    { cloud: "silent", answered: false, seenAtMs: NOW_MS },
  ]);
  expect(seen).toEqual([200, 503, 200, null]);
});
