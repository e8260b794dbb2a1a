#!/bin/bash
# A line with `${{ inputs.version }}` (the expressions of CI systems, and of recipes) in a page for VitePress: the build
# writes the page without its text, prints a TypeError among its progress, says "build complete" and exits with 0. A site
# for the documentation of such a tool loses pages that way, and CI stays green.
# Guess before: inline code is shown as it is, as in fenced blocks; or else the build fails.
# Seen with VitePress 1.6.4 on Node 20.20.2:
#   TypeError: Cannot read properties of undefined (reading 'version')
#   exit status 0, headings in index.html: 1, in page.html: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund vitepress@1.6.4
printf '# Home\n' >index.md
printf '# Page\n\nThe version is `${{ inputs.version }}`.\n' >page.md
status=0
npx vitepress build . >log 2>&1 || status=$?
grep TypeError log
headings() { grep -c '<h1' ".vitepress/dist/$1" || true; }
seen="exit status $status, headings in index.html: $(headings index.html), in page.html: $(headings page.html)"
echo "$seen"
[ "$seen" = "exit status 0, headings in index.html: 1, in page.html: 0" ] || { echo "This has changed."; exit 1; }
