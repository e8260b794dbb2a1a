import { dashboardBackend } from "../../shared/lambda/aws-backend.ts";
import { chain } from "../../shared/lambda/chain.ts";
import { incomingRequest, proxyResult } from "./api-gateway.ts";
import { openDashboard } from "./dashboard-site.ts";

let dashboard: ReturnType<typeof openDashboard> | undefined;

/** The page and the HTTP API. Not by `#backend`: `regild serve` answers both without a function. */
export const handler = chain(async (event: unknown) => {
  dashboard ??= openDashboard(await dashboardBackend());
  return proxyResult(await dashboard(incomingRequest(event)));
});
