#!/bin/bash
# @aws-lambda-powertools/logger writes log times an hour off in a zone that is half an hour beside the others and west of
# Greenwich: in America/St_Johns (UTC-03:30, in summer -02:30) the text ends in -04:30 (in summer -03:30), beside the right
# wall clock. Whoever sorts such lines with others by time gets a wrong order. East of Greenwich (Asia/Kolkata) it is right.
# Guess before: with TZ set, the text is local time with the zone's own offset, so it reads back as the same instant.
# Seen with 2.35.0 on Node 20 and 24: "2026-07-04T21:29:59.007-03:30" for 2026-07-04T23:59:59.007Z.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @aws-lambda-powertools/logger@2.35.0
node --version
seen=$(TZ=America/St_Johns node --input-type=module -e '
import { LogFormatter } from "@aws-lambda-powertools/logger";
class Plain extends LogFormatter {
  formatAttributes() { throw new Error("not used"); }
}
const at = new Date(Date.UTC(2026, 6, 4, 23, 59, 59, 7));
const text = new Plain().formatTimestamp(at);
console.log(`${text}, which is ${(Date.parse(text) - at.getTime()) / 60000} minutes later`);
')
echo "$seen"
[ "$seen" = "2026-07-04T21:29:59.007-03:30, which is 60 minutes later" ]
