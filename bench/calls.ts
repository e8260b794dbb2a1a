import { CountedRefreshes } from "../test/calls/counted-refresh.ts";
import { print, failOver } from "./print.ts";
import { type Figure, writeSection } from "./report.ts";

const AT_MOST = { "image-backed": 18, "volume-backed": 26 } as const;
/** Until there are images to delete, and the process knows every service's versions. */
const EARLIER = 4;

type Kind = keyof typeof AT_MOST;

/** One refresh whose server is not stopped, and that deletes one old image. */
async function counted(kind: Kind, hosted?: "a process per step"): Promise<CountedRefreshes> {
  const on = new CountedRefreshes(kind, hosted);
  for (let refresh = 0; refresh <= EARLIER; refresh++) await on.refresh();
  return on;
}

async function callsInNewProcess(kind: Kind): Promise<number> {
  const on = await counted(kind);
  on.newProcess();
  await on.refresh();
  return on.calls.length;
}

const figures: Figure[] = [];
for (const kind of ["image-backed", "volume-backed"] as const) {
  const { calls } = await counted(kind);
  print(
    `Calls of one refresh, ${kind}: ${calls.length}`,
    calls.map(({ step, call }) => [step, call]),
  );
  const apart = await counted(kind, "a process per step");
  const measured: Array<[string, number, Figure["target"]]> = [
    ["in a host that runs", calls.length, { is: "at most", value: AT_MOST[kind] }],
    ["in a new process", await callsInNewProcess(kind), null],
    ["with a process for each step, as on AWS", apart.calls.length, null],
  ];
  for (const [where, count, target] of measured)
    figures.push({
      what: `${kind}, ${where}`,
      measured: count,
      unit: "calls",
      target,
      spread: null,
    });
}

writeSection({
  name: "calls",
  heading: "Calls per refresh",
  text: "`npm run bench:calls`: one refresh on the simulated cloud, with one image service. The server is not stopped, and one old image is deleted. [docs/cloud-calls.md](../docs/cloud-calls.md) has each call and its reason.",
  figures,
});
failOver(
  figures.flatMap(({ what, measured, target }) =>
    target === null ? [] : [{ what, measured, atMost: target.value }],
  ),
);
