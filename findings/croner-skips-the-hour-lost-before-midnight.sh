#!/bin/bash
# croner leaves out a job whose hour the clocks skip, if they skip the last hour of a day. In Greenland summer time begins on
# a Saturday at 23:00, which becomes 00:00 of Sunday (tzdata since 2024): a nightly job at 23:00 does not run in that night
# at all. Where the lost hour lies inside a day (Berlin, 02:00 to 03:00), the job runs right after it, once.
# Guess before: right after the gap in both, as Debian's cron does with jobs at fixed times (cron(8)).
# Seen with 11.0.1 on Node 20 and 24, in all zones that change their clocks in 2026 and 2027: only in America/Nuuk and
# America/Scoresbysund.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund croner@11.0.1
node --version
cat >nights.mjs <<'JS'
import { Cron } from "croner";
for (const [timezone, pattern] of [
  ["America/Nuuk", "30 23 * * *"],
  ["Europe/Berlin", "30 2 * * *"],
]) {
  const nightly = new Cron(pattern, { timezone, paused: true });
  const nights = nightly.nextRuns(3, new Date("2026-03-27T12:00:00Z"));
  console.log(`${timezone}: ${nights.map((night) => night.toISOString().slice(5, 16)).join(", ")}`);
}
JS
node nights.mjs | tee seen
diff seen - <<'SEEN'
America/Nuuk: 03-28T01:30, 03-30T00:30, 03-31T00:30
Europe/Berlin: 03-28T01:30, 03-29T01:00, 03-30T00:30
SEEN
