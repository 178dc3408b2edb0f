#!/bin/sh
# Proves the package as a stranger gets it: packs it, installs it into an empty project, type-checks an Effect app there
# under both module resolutions, and runs app and CLI on each version of Node named in the arguments.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$root"
npm pack --silent --pack-destination "$place" > /dev/null
cp .ci/package-proof/app.ts .ci/package-proof/MySql.ts "$place/"
effect=$(node -p 'require("./package.json").devDependencies.effect')
typescript=$(node -p 'require("./package.json").devDependencies.typescript')
types=$(node -p 'require("./package.json").devDependencies["@types/node"]')
cd "$place"
echo '{ "private": true, "type": "module", "allowScripts": { "node": true } }' > package.json
npm install --silent --no-audit --no-fund "./$(ls spillway-*.tgz)" "effect@$effect"
npm install --silent --no-audit --no-fund --save-dev "typescript@$typescript" "@types/node@$types"
for resolution in nodenext bundler; do
  module=nodenext
  [ "$resolution" = bundler ] && module=esnext
  npx tsc --noEmit --strict --exactOptionalPropertyTypes --skipLibCheck false --target es2024 \
    --lib es2024,esnext.disposable,dom --types node --module "$module" --moduleResolution "$resolution" \
    --allowImportingTsExtensions app.ts
  echo "type-checks under $resolution"
done
for version in "$@"; do
  npm install --silent --no-audit --no-fund --no-save "node@$version"
  npx -c 'node -v && node app.ts && spillway --version && spillway runs --store proof.sqlite'
done
