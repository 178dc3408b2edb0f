#!/bin/sh
# Proves the package as a stranger gets it: packs it, installs it into an empty project, type-checks an Effect app and a
# benchmark there under both module resolutions, then runs app and command on each version of Node that is named.
# Works in a temporary folder and leaves nothing in the project but dist/, which packing builds.
set -eu
[ $# -gt 0 ] || { echo "usage: .ci/package.sh NODE_VERSION..." >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
trap 'exit 130' INT TERM
cd "$root"
pinned() { node -p "require('./package.json').devDependencies['$1']"; }
effect=$(pinned effect) platform=$(pinned @effect/platform-node)
typescript=$(pinned typescript) types=$(pinned @types/node)
quietly() { npm "$@" --loglevel error --no-audit --no-fund --prefer-offline > /dev/null; }

quietly pack --pack-destination "$place"
mkdir "$place/app"
cp .ci/package-proof/*.ts "$place/app/"
cd "$place/app"
echo '{ "private": true, "type": "module" }' > package.json
quietly install ../spillway-*.tgz "effect@$effect" "@effect/platform-node@$platform" \
  "typescript@$typescript" "@types/node@$types"

# effect's own declarations need the DOM's crypto types; with them nothing has to be skipped.
for resolution in nodenext bundler; do
  module=nodenext
  [ "$resolution" = bundler ] && module=esnext
  node_modules/.bin/tsc --noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck false \
    --target es2024 --lib es2024,esnext.disposable,dom --types node --allowImportingTsExtensions \
    --module "$module" --moduleResolution "$resolution" app.ts capitals.ts
  echo "type-checks under $resolution"
done

for version in "$@"; do
  nodes=$place/node-$version
  mkdir "$nodes"
  echo '{ "private": true, "allowScripts": { "node": true } }' > "$nodes/package.json"
  (cd "$nodes" && quietly install "node@$version")
  (
    PATH=$nodes/node_modules/.bin:$place/app/node_modules/.bin:$PATH
    [ "$(node -v)" = "v$version" ] || { echo "Node $version was asked for, $(node -v) is here" >&2; exit 1; }
    rm -rf app.sqlite* .spillway
    node app.ts
    spillway --version
    spillway --help > help.txt
    grep -q simulate help.txt
    spillway bench capitals.ts --offline --limit 5 --json report.json
    node -p 'const r = require("./report.json"); if (r.requests.answered !== 5) throw new Error("not 5 answers"); ""' > /dev/null
    spillway runs
    echo "runs on Node $version"
  )
done
