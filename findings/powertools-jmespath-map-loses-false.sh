#!/bin/bash
# @aws-lambda-powertools/jmespath departs from the JMESPath specification (jmespath.org, built-in functions) in what a
# filter of build events is likely to use:
# - map makes null of false, 0 and ''. "!contains(map(&passed, checks), `false`)", which asks whether no check failed, is
#   true where one did.
# - not_null comes to null if the first value that is not null is false, 0 or ''.
# - sort and reverse reorder the list of the payload itself, so the same expression comes to something else when it is asked
#   again, and so do all others that ask the list.
# - sort puts texts in the order of the process's language, where the specification says code points.
# - to_number of '' is 0, where the specification says null.
# Guess before: all of that as in jmespath.py. Of the 892 cases in jmespath.test (53abcc3), 885 come out right with 2.35.0,
# but no case has false, 0 or '' there. The others are orders of what is no number, and sort of texts beside numbers.
# Seen with 2.35.0, and with 2.36.0, on Node 24; jmespath.py 1.0.1 of Debian 12 comes to what the specification says.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @aws-lambda-powertools/jmespath@2.36.0
node --version
cat >ask.mjs <<'JS'
import { search } from "@aws-lambda-powertools/jmespath";
const payload = {
  checks: [{ passed: true }, { passed: false }],
  draft: false,
  tags: ["v1", "V2", "a"],
  builds: [10, 9, 100],
  number: "",
};
for (const expression of [
  "map(&passed, checks)",
  "!contains(map(&passed, checks), `false`)",
  "not_null(draft, `true`)",
  "reverse(builds)[0]",
  "reverse(builds)[0]",
  "sort(tags)",
  "tags[0]",
  "to_number(number)",
]) {
  console.log(`${expression}: ${JSON.stringify(search(expression, payload))}`);
}
JS
node ask.mjs | tee seen
diff seen - <<'SEEN'
map(&passed, checks): [true,null]
!contains(map(&passed, checks), `false`): true
not_null(draft, `true`): null
reverse(builds)[0]: 100
reverse(builds)[0]: 10
sort(tags): ["a","v1","V2"]
tags[0]: "a"
to_number(number): 0
SEEN
